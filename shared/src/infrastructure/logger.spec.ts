import { describe, expect, it } from '@jest/globals';
import { loggedError } from './logger.js';

const named = (name: string, message: string, code?: string) => {
  const error = Object.assign(new Error(message), code && { code });
  error.name = name;
  // As V8 writes it: the message, however many lines, then the frames.
  error.stack = `${name}: ${message}\n    at somewhere (file.js:1:2)`;
  return error;
};

describe('a logged error says where, never what was sent', () => {
  it.each([
    [
      'of the ORM',
      'PrismaClientKnownRequestError',
      '\nInvalid `prisma.$queryRaw()` invocation:\n\n\nRaw query failed. Code: `22007`. Message: `invalid input syntax for type uuid: "hunter2"`',
      'Invalid `prisma.$queryRaw SQLSTATE 22007',
    ],
    ['of the driver', 'error', 'invalid input syntax for type uuid: "hunter2"', 'invalid input syntax for type uuid:'],
    ['of a constraint', 'error', 'duplicate key value violates Key (email)=(hunter2)', 'duplicate key value violates Key'],
  ])('%s', (_, name, message, told) => {
    const logged = loggedError(named(name, message, '22P02'));
    expect(logged).toEqual({ type: name, message: told, code: '22P02', stack: '    at somewhere (file.js:1:2)' });
  });

  it('keeps the message of any other error', () => {
    expect(loggedError(named('TypeError', 'x is not a function'))).toMatchObject({ message: 'x is not a function' });
  });
});
