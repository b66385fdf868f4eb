import { defineRefusals, type RefusalEntry } from '../value-objects/refusal.js';

/** Listed in schema/errors.md by tools/schema.mjs. @public */
export const objectRefusals = {
  UPLOAD_TYPE_UNSUPPORTED: {
    kind: 'BAD_USER_INPUT',
    sentence: 'Files of this type are not taken here; send one of {types}.',
    field: 'contentType',
  },
  UPLOAD_TOO_LARGE: { kind: 'BAD_USER_INPUT', sentence: 'The file has more than {max} bytes; make it smaller.', field: 'sizeBytes' },
  UPLOAD_EMPTY: { kind: 'BAD_USER_INPUT', sentence: 'The file is empty; say how many bytes it has.', field: 'sizeBytes' },
  UPLOAD_UNKNOWN: {
    kind: 'BAD_USER_INPUT',
    sentence: 'This is not an upload of yours for this purpose; ask for a new one.',
    field: 'uploadId',
  },
  UPLOAD_EXPIRED: { kind: 'BAD_USER_INPUT', sentence: 'This upload has expired; ask for a new one.', field: 'uploadId' },
  UPLOAD_NOT_ARRIVED: {
    kind: 'CONFLICT',
    sentence: 'The bytes of this upload have not arrived; send them to its url first.',
    field: 'uploadId',
  },
  UPLOAD_USED: { kind: 'CONFLICT', sentence: 'This upload has been used already; ask for a new one.', field: 'uploadId' },
  IMAGE_UNREADABLE: {
    kind: 'BAD_USER_INPUT',
    sentence: 'This is no whole picture in JPEG, PNG or WebP, whatever its name says; save it as one of these and send it again.',
    field: 'uploadId',
  },
  IMAGE_TOO_MANY_PIXELS: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The picture has more than {max} megapixels; make it smaller.',
    field: 'uploadId',
  },
  IMAGE_BUSY: { kind: 'UNAVAILABLE', sentence: 'Too many pictures are being looked at in this moment; try again in a few seconds.' },
  UPLOAD_REPEATED: { kind: 'CONFLICT', sentence: 'The bytes of this upload have arrived already; ask for a new one to send others.' },
  UPLOAD_LINK_INVALID: { kind: 'FORBIDDEN', sentence: 'This is not an upload url of ours, or it was changed; ask for a new one.' },
  UPLOAD_LINK_EXPIRED: { kind: 'FORBIDDEN', sentence: 'This upload url has expired; ask for a new one.' },
  UPLOAD_SIZE_WRONG: { kind: 'BAD_USER_INPUT', sentence: 'This upload url takes exactly {bytes} bytes, as it was asked for.' },
  UPLOAD_TYPE_WRONG: { kind: 'BAD_USER_INPUT', sentence: 'This upload url takes content-type: {type}, as it was asked for.' },
  MEDIA_LINK_INVALID: { kind: 'FORBIDDEN', sentence: 'This is not a url of ours, or it was changed; ask the API for a new one.' },
  MEDIA_LINK_EXPIRED: { kind: 'FORBIDDEN', sentence: 'This url has expired; ask the API for a new one.' },
  MEDIA_GONE: { kind: 'NOT_FOUND', sentence: 'What this url led to has been deleted.' },
  RANGE_NOT_SATISFIABLE: { kind: 'BAD_USER_INPUT', sentence: 'The range begins behind the end: there are {bytes} bytes.' },
} as const satisfies Record<string, RefusalEntry>;

export const refuseObject = defineRefusals(objectRefusals);
