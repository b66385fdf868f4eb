import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { SettingError } from './environment.js';
import type { KafkaSettings } from './kafka-settings.js';

/** Where to connect and as whom, in kafkajs' words. */
export function connectionOptions({ brokers, ssl, sasl }: KafkaSettings): Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'> {
  return {
    brokers: [...brokers],
    ssl,
    // Its type has an alternative per mechanism, which a union of mechanisms is not. A copy, since kafkajs writes into it.
    ...(sasl && { sasl: { ...sasl } as SASLOptions }),
  };
}

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The setting that a refusal by the brokers, or by TLS on this side, is about. Undefined: it may pass by itself. */
export function settingAtFault(error: unknown): SettingError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message, code, type } = error as Error & { code?: unknown; type?: unknown };
  if (isSignInFailure(error) && !/connect|timed out/i.test(message))
    return new SettingError(`The setting KAFKA_USERNAME or KAFKA_PASSWORD is wrong: the brokers refuse the two together.`);
  if (type === 'UNSUPPORTED_SASL_MECHANISM')
    return new SettingError('The setting EVENT_BUS_URL is wrong: the brokers do not offer the mechanism that its sasl names.');
  if (type === 'ILLEGAL_SASL_STATE')
    return new SettingError('The setting EVENT_BUS_URL is wrong: the brokers take no password at this address, so leave out sasl.');
  if (typeof code === 'string' && untrusted.has(code))
    return new SettingError(
      'The setting NODE_EXTRA_CA_CERTS is missing or wrong: the brokers’ certificate is signed by nobody who is trusted here; name a file that holds its authority’s.',
    );
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new SettingError('The setting EVENT_BUS_URL is wrong: the brokers’ certificate is for other host names.');
  // What kafkajs has tried several times it wraps.
  return name === 'KafkaJSNumberOfRetriesExceeded' ? settingAtFault(error.cause) : undefined;
}

/** kafkajs takes every one of them for final, also that the broker died while it was asked. */
export function isSignInFailure(error: Error): boolean {
  return error.name === 'KafkaJSSASLAuthenticationError';
}
