import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { mediaClaims, uploadClaims } from './file-objects.js';
import { type HttpHandler, sendRefusal } from './http-server.js';
import { refuseObject } from './object-refusals.js';
import { type ByteRange, dispositionOf, ObjectError, type ObjectStore } from './object-store.js';
import type { SignedClaims } from './signed-claims.js';

/**
 * The door of objects that are files: what S3 does with signed URLs, for the one place that clients can reach. The URL is the credential, so any
 * page may use one that it was given; no cookie or token is looked at.
 */
export function objectRoutes({
  objects,
  claims,
  now = () => new Date(),
}: {
  objects: ObjectStore;
  claims: SignedClaims;
  now?: () => Date;
}): Readonly<Record<string, HttpHandler>> {
  const expired = (expires: number) => expires <= now().getTime();

  async function media(token: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    openToAllPages(response);
    response.setHeader('access-control-expose-headers', 'accept-ranges, content-disposition, content-length, content-range, etag');
    const link = claims.read('media', mediaClaims, token);
    if (!link) throw refuseObject.MEDIA_LINK_INVALID();
    if (expired(link.expires)) throw refuseObject.MEDIA_LINK_EXPIRED();
    const object = await objects.head(link.key);
    if (!object) throw refuseObject.MEDIA_GONE();

    const etag = `"${object.sha256}"`;
    response.setHeader('etag', etag);
    response.setHeader('accept-ranges', 'bytes');
    response.setHeader('last-modified', object.modifiedAt.toUTCString());
    response.setHeader('cache-control', `private, max-age=${Math.floor((link.expires - now().getTime()) / 1000)}, immutable`);
    // A document that somebody uploaded must not act as one of ours: no script, no frame, no guessing of another type.
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('content-security-policy', "sandbox; default-src 'none'");
    response.setHeader('content-disposition', dispositionOf(object.contentType, link.as));
    if (matches(request.headers['if-none-match'], etag)) {
      response.writeHead(304).end();
      return;
    }
    const conditional = request.headers['if-range'];
    const range = conditional === undefined || conditional === etag ? rangeOf(request.headers.range, object.bytes) : undefined;
    if (range === 'unsatisfiable') {
      response.setHeader('content-range', `bytes */${object.bytes}`);
      return sendRefusal(request, response, refuseObject.RANGE_NOT_SATISFIABLE({ bytes: object.bytes }), 416);
    }
    const length = range ? range.end - range.start + 1 : object.bytes;
    if (range) response.setHeader('content-range', `bytes ${range.start}-${range.end}/${object.bytes}`);
    response.writeHead(range ? 206 : 200, { 'content-type': object.contentType, 'content-length': String(length) });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const found = await objects.get(link.key, range);
    if (found?.sha256 !== object.sha256) {
      // Deleted or replaced since: the headers are sent, so the only honest answer left is none.
      found?.body.destroy();
      response.destroy();
      return;
    }
    response.setTimeout(silence, () => response.destroy());
    await pipeline(found.body, response);
  }

  async function upload(token: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    openToAllPages(response);
    const permission = claims.read('upload', uploadClaims, token);
    if (!permission) throw refuseObject.UPLOAD_LINK_INVALID();
    const { key, type, bytes, expires } = permission;
    if (expired(expires)) throw refuseObject.UPLOAD_LINK_EXPIRED();
    if (request.headers['content-type'] !== type) throw refuseObject.UPLOAD_TYPE_WRONG({ type });
    // Asked for beforehand, so that the client reads the refusal; node sees to it that the body has no other length.
    if (request.headers['content-length'] !== String(bytes)) throw refuseObject.UPLOAD_SIZE_WRONG({ bytes });
    if (await objects.head(key)) throw refuseObject.UPLOAD_REPEATED();
    request.setTimeout(silence, () => request.destroy());
    try {
      await objects.put(key, request, { contentType: type, onlyNew: true });
    } catch (error) {
      if (error instanceof ObjectError && error.reason === 'exists') throw refuseObject.UPLOAD_REPEATED();
      throw error;
    }
    response.writeHead(204, { 'cache-control': 'no-store' }).end();
  }

  /** What a browser asks before it sends what is not simple. */
  const preflight = (methods: string, headers: string) => async (_token: string, _request: IncomingMessage, response: ServerResponse) => {
    openToAllPages(response);
    response.setHeader('access-control-allow-methods', methods);
    response.setHeader('access-control-allow-headers', headers);
    response.setHeader('access-control-max-age', '600');
    response.writeHead(204).end();
  };

  return {
    'GET /media/': media,
    'OPTIONS /media/': preflight('GET, HEAD', 'range, if-none-match, if-range'),
    'PUT /uploads/': upload,
    'OPTIONS /uploads/': preflight('PUT', 'content-type'),
  };
}

/** Nothing comes or goes for so long: the connection is given up. */
const silence = 30_000;

function openToAllPages(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('cross-origin-resource-policy', 'cross-origin');
}

function matches(header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()));
}

/** One range, as players ask for; whoever asks for several or for something else gets the whole, as RFC 9110 allows. */
function rangeOf(header: string | undefined, bytes: number): ByteRange | 'unsatisfiable' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  return start >= bytes || (from === '' && Number(to) === 0) ? 'unsatisfiable' : { start, end };
}
