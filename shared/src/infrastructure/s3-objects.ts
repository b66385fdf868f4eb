import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { SettingError } from './environment.js';
import type { Logger } from './logger.js';
import { dispositionOf, ObjectError, type ObjectStore, validityOf } from './object-store.js';

/** Objects in a bucket of S3, or of something that speaks its protocol. Clients get and put by URLs of S3 itself. Loaded only where it is set. */

export interface S3Settings {
  readonly bucket: string;
  readonly region: string;
  /** Of another server than Amazon's. */
  readonly endpoint?: string | undefined;
}

export interface S3Patience {
  /** Until an answer begins; S3 takes tens of milliseconds. */
  readonly answer: number;
  /** Until the next bytes of an answer. */
  readonly silence: number;
  /** Until an object has been sent. */
  readonly upload: number;
}

const usualPatience: S3Patience = { answer: 10_000, silence: 30_000, upload: 10 * 60_000 };
const seconds = (ms: number) => Math.floor(ms / 1000);

export async function s3Objects({
  settings: { bucket: Bucket, region, endpoint },
  log,
  now = () => new Date(),
  patience = usualPatience,
}: {
  settings: S3Settings;
  log: Logger;
  /** In milliseconds. */
  patience?: S3Patience;
  now?: () => Date;
}): Promise<ObjectStore & { close(): void }> {
  const client = new S3Client({
    region,
    ...(endpoint && { endpoint, forcePathStyle: true }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, socketTimeout: patience.silence },
    // The default adds a checksum as a trailer, which most servers other than Amazon's store as part of the object, and which a signed URL
    // would demand of the client.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  /** The time is up when the answer has not begun; reading its body takes as long as the reader wants. */
  async function within<Answer>(limit: number, send: (options: { abortSignal: AbortSignal }) => Promise<Answer>): Promise<Answer> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error(`the object store did not answer within ${limit} ms`)), limit);
    try {
      return await send({ abortSignal: controller.signal });
    } finally {
      clearTimeout(timer);
    }
  }
  const soon = <Answer>(send: (options: { abortSignal: AbortSignal }) => Promise<Answer>) => within(patience.answer, send);

  /** A thousand at a time. */
  async function* pages(Prefix: string): AsyncGenerator<{ key: string; modifiedAt: Date }[]> {
    let ContinuationToken: string | undefined;
    do {
      const page = await soon((options) => client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }), options));
      yield (page.Contents ?? []).flatMap(({ Key: key, LastModified: modifiedAt = now() }) => (key ? [{ key, modifiedAt }] : []));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
  }

  // A wrong name or right is a wrong setting; a store that is away for a moment is not.
  await soon((options) => client.send(new HeadBucketCommand({ Bucket }), options)).catch((error: unknown) => {
    const status = statusOf(error);
    if (status && status >= 300 && status < 500) {
      client.destroy();
      const why = status === 404 ? 'does not exist' : status < 400 ? 'is in another region' : 'may not be used with these credentials';
      throw new SettingError(`The setting OBJECT_STORE_URL is wrong: the bucket ${Bucket} ${why}.`);
    }
    if (error instanceof Error && error.name === 'CredentialsProviderError') {
      client.destroy();
      throw new SettingError('The setting OBJECT_STORE_URL needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.');
    }
    log.warn({ err: error }, 'the object store does not answer');
  });

  return {
    async put(Key, body, { contentType, sha256: expected, onlyNew }) {
      // S3 wants to know size and hash before the first byte, and to be sent the same again when an attempt fails: a stream goes to disk first.
      const source = body instanceof Uint8Array ? inMemory(body) : await onDisk(body);
      try {
        const { sha256, bytes } = source;
        if (expected !== undefined && expected !== sha256)
          throw new ObjectError('damaged', `other bytes came for ${Key} than were announced`);
        const command = () =>
          new PutObjectCommand({
            Bucket,
            Key,
            Body: source.open(),
            ContentLength: bytes,
            ContentType: contentType,
            Metadata: { sha256 },
            ...(onlyNew && { IfNoneMatch: '*' }),
          });
        await within(patience.upload, (options) => client.send(command(), options)).catch((error: unknown) => {
          throw statusOf(error) === 412 ? new ObjectError('exists', `there is an object ${Key}`) : error;
        });
        return { key: Key, contentType, bytes, sha256, modifiedAt: now() };
      } finally {
        await source.dispose();
      }
    },

    async get(Key, range) {
      const Range = range && `bytes=${range.start}-${range.end}`;
      const answer = await soon((options) => client.send(new GetObjectCommand({ Bucket, Key, Range }), options)).catch((error: unknown) => {
        if (statusOf(error) === 416) throw new ObjectError('range', `${Key} ends before ${range?.start}`);
        return missing(error);
      });
      if (!(answer?.Body instanceof Readable)) return undefined;
      const total = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
      return { ...described(Key, answer), bytes: Number(total ?? answer.ContentLength ?? 0), body: answer.Body };
    },

    async head(Key) {
      const answer = await soon((options) => client.send(new HeadObjectCommand({ Bucket, Key }), options)).catch(missing);
      return answer && described(Key, answer);
    },

    async delete(Key) {
      await soon((options) => client.send(new DeleteObjectCommand({ Bucket, Key }), options));
    },

    async deleteAll(prefix) {
      for await (const page of pages(prefix)) {
        if (page.length === 0) continue;
        const Delete = { Objects: page.map(({ key: Key }) => ({ Key })), Quiet: true };
        const { Errors = [] } = await soon((options) => client.send(new DeleteObjectsCommand({ Bucket, Delete }), options));
        if (Errors.length > 0) throw new Error(`${Errors.length} objects could not be deleted: ${Errors[0]?.Code}`);
      }
    },

    async *list(prefix) {
      for await (const page of pages(prefix)) yield* page;
    },

    async urlOf(Key, { downloadAs } = {}) {
      const { from, until } = validityOf(now());
      const command = new GetObjectCommand({ Bucket, Key, ResponseContentDisposition: downloadAs && dispositionOf('', downloadAs) });
      const url = await getSignedUrl(client, command, { signingDate: from, expiresIn: seconds(until.getTime() - from.getTime()) });
      return { url, expiresAt: until };
    },

    async uploadTo(Key, { contentType, bytes, expiresAt }) {
      const signingDate = now();
      const command = new PutObjectCommand({ Bucket, Key, ContentType: contentType, ContentLength: bytes, IfNoneMatch: '*' });
      const url = await getSignedUrl(client, command, {
        signingDate,
        expiresIn: seconds(expiresAt.getTime() - signingDate.getTime()),
        // Left alone, the presigner would sign none of them: any type and any size would be taken.
        signableHeaders: new Set(['host', 'content-type', 'content-length', 'if-none-match']),
        unhoistableHeaders: new Set(['if-none-match']),
      });
      return { url, method: 'PUT', headers: { 'content-type': contentType, 'if-none-match': '*' } };
    },

    close: () => client.destroy(),
  };
}

function described(
  key: string,
  answer: {
    ContentLength?: number | undefined;
    ContentType?: string | undefined;
    LastModified?: Date | undefined;
    Metadata?: Record<string, string> | undefined;
  },
) {
  return {
    key,
    bytes: answer.ContentLength ?? 0,
    contentType: answer.ContentType ?? 'application/octet-stream',
    sha256: answer.Metadata?.sha256 ?? null,
    modifiedAt: answer.LastModified ?? new Date(0),
  };
}

function inMemory(bytes: Uint8Array) {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { sha256, bytes: bytes.length, open: () => bytes, dispose: async () => undefined };
}

async function onDisk(body: AsyncIterable<Uint8Array>) {
  const path = join(tmpdir(), `storytelling-${randomUUID()}`);
  const dispose = () => rm(path, { force: true });
  try {
    const file = await open(path, 'wx', 0o600);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of body) {
        hash.update(chunk);
        bytes += chunk.length;
        await file.appendFile(chunk);
      }
    } finally {
      await file.close();
    }
    return { sha256: hash.digest('hex'), bytes, open: () => createReadStream(path), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

function missing(error: unknown): undefined {
  if (statusOf(error) !== 404) throw error;
}
