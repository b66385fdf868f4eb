/** Of the field `idempotencyKey` in every input that creates or spends. */
export const idempotencyKey = 'A random key of yours: a retry with the same key and input gets the first answer.';
