import { pino } from 'pino';
import { currentOperation } from './operation.js';

export type Logger = pino.Logger;

/**
 * Structured logs. What is logged is chosen field by field at the call; the redaction below is the second fence, for an
 * object that somebody logs whole (an error with its request, a job with its data).
 */
export function createLogger(name: string, level: string): Logger {
  return pino({
    name,
    level,
    base: { context: name },
    mixin: () => ({ correlationId: currentOperation().correlationId }),
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
      err: (error: Error & { code?: unknown }) => ({
        type: error.name,
        message: safeMessage(error),
        code: error.code,
        stack: error.stack?.split('\n').slice(1).join('\n'),
      }),
    },
  });
}

/** Driver and ORM messages quote values; their first line up to the first quote or row is all that is needed to find the place. */
function safeMessage(error: Error): string {
  return /Prisma|DatabaseError|^error$/.test(error.name)
    ? (error.message.split(/Failing row|Key \(|\n/)[0]?.slice(0, 200) ?? '')
    : error.message;
}
