import { pino } from 'pino';
import { currentOperation } from './operation.js';

export type Logger = pino.Logger;

/**
 * Structured logs. What is logged is chosen field by field at the call; the redaction below is the second fence, for an
 * object that somebody logs whole (an error with its request, a job with its data).
 */
export function createLogger(name: string, level: string): Logger {
  return pino({
    level,
    base: { context: name },
    mixin() {
      const { correlationId, traceparent } = currentOperation();
      return { correlationId, ...(traceparent && { traceId: traceparent.split('-')[1] }) };
    },
    redact: {
      paths: [
        'password',
        'email',
        'title',
        'content',
        'token',
        'authorization',
        'accessToken',
        'refreshToken',
        'displayName',
        'firstName',
        'lastName',
        'apiKey',
      ].flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[redacted]',
    },
    serializers: {
      // Database errors carry the row in `meta` or `detail`; HTTP clients carry headers. Only what locates the fault is kept.
      err: loggedError,
    },
  });
}

/** A stack begins with the message, which may have many lines: only its frames are kept. */
export function loggedError(error: Error & { code?: unknown }) {
  return {
    type: error.name,
    message: safeMessage(error),
    code: error.code,
    stack: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n'),
  };
}

/** Driver and ORM messages quote values; their first line up to the first quoted value or row, and the SQLSTATE, are all that is needed to find the place. */
function safeMessage({ name, message }: Error): string {
  if (!/Prisma|DriverAdapter|DatabaseError|^error$/.test(name)) return message;
  const [start = ''] = message.trimStart().split(/\n|["'(]|Failing row/);
  const [, state] = /Code: `(\w+)`/.exec(message) ?? [];
  return [start.trim().slice(0, 200), state && `SQLSTATE ${state}`].filter(Boolean).join(' ');
}
