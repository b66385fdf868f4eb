import { defineRefusals, type RefusalEntry } from '@storytelling/shared/value-objects/refusal';

/** Every refusal of the gateway: code, sentence, kind. Listed with those of the contexts in schema/errors.md. */
export const gatewayRefusals = {
  ACCESS_TOKEN_INVALID: {
    kind: 'UNAUTHENTICATED',
    sentence: 'The access token is not one of ours; sign in and send the token as Authorization: Bearer.',
  },
  ACCESS_TOKEN_EXPIRED: { kind: 'UNAUTHENTICATED', sentence: 'The access token has expired; get a fresh one with refreshSession.' },
  ACCESS_TOKEN_UNCHECKED: { kind: 'UNAVAILABLE', sentence: 'Access tokens cannot be checked at the moment; try again in a few seconds.' },
  QUERY_TOO_LARGE: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The document asks for {count} fields in all; at most {limit} are answered at once.',
  },
  QUERY_TOO_DEEP: { kind: 'BAD_USER_INPUT', sentence: 'The document nests {count} levels; at most {limit} are answered.' },
  QUERY_TOO_MANY_ALIASES: { kind: 'BAD_USER_INPUT', sentence: 'The document has {count} aliases; at most {limit} are accepted.' },
  QUERY_TOO_MANY_ROOT_FIELDS: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The document has {count} fields at its root; at most {limit} are answered at once.',
  },
  QUERY_TOO_MANY_DIRECTIVES: { kind: 'BAD_USER_INPUT', sentence: 'The document has {count} directives; at most {limit} are accepted.' },
  QUERY_TOO_MANY_FRAGMENTS: { kind: 'BAD_USER_INPUT', sentence: 'The document has {count} fragments; at most {limit} are accepted.' },
  FRAGMENT_CYCLE: { kind: 'BAD_USER_INPUT', sentence: 'A fragment of the document contains itself; write it without the circle.' },
  SUBSCRIPTION_OVER_HTTP: {
    kind: 'BAD_USER_INPUT',
    sentence: 'Subscriptions are served over WebSocket (graphql-transport-ws) at this same path.',
  },
  SUBSCRIPTION_INTERRUPTED: {
    kind: 'UNAVAILABLE',
    sentence: 'The live updates were interrupted; subscribe again with the last cursor as after.',
  },
  TOO_MANY_SUBSCRIPTIONS: {
    kind: 'TOO_MANY_REQUESTS',
    sentence: 'At most {limit} operations may be open on one socket; complete one first.',
  },
  SLOW_CONSUMER: {
    kind: 'TOO_MANY_REQUESTS',
    sentence: 'Updates came faster than they were taken; subscribe again with the last cursor as after.',
  },
  INBOX_LOCAL_ONLY: {
    kind: 'FORBIDDEN',
    sentence: 'Mails are shown on the machine that keeps them only; open http://localhost there, at the same port.',
  },
  SUBGRAPH_UNAVAILABLE: {
    kind: 'UNAVAILABLE',
    sentence: 'A part of the answer is not available at the moment; try again in a few seconds.',
  },
} as const satisfies Record<string, RefusalEntry>;

export const refuse = defineRefusals(gatewayRefusals);
