import { fileURLToPath } from 'node:url';
import { type ObjectStoreSettings, SettingError } from './environment.js';
import { fileObjects } from './file-objects.js';
import type { HttpHandler } from './http-server.js';
import type { Logger } from './logger.js';
import { objectRoutes } from './object-routes.js';
import { type ObjectStore, objectsOf } from './object-store.js';
import { type SignedClaims, signedClaims } from './signed-claims.js';

export interface OpenedObjectStore {
  /** The context's own. */
  readonly objects: ObjectStore;
  /** Every context's: for `readClaim` alone. */
  readonly all: ObjectStore;
  readonly claims: SignedClaims;
  close(): void;
}

/** The store that the settings name, as one context sees it. Throws SettingError when it cannot be used. */
export async function openObjectStore(context: string, settings: ObjectStoreSettings, log: Logger): Promise<OpenedObjectStore> {
  const place = placeOf(settings.OBJECT_STORE_URL);
  const claims = signedClaims(settings.OBJECT_SIGNING_KEYS);
  if ('folder' in place) {
    const all = await fileObjects({ folder: place.folder, claims, publicUrl: settings.PUBLIC_URL });
    return { objects: objectsOf(context, all), all, claims, close: () => undefined };
  }
  // The SDK is 15 MB of modules: whoever keeps files does not wait for it.
  const { s3Objects } = await import('./s3-objects.js');
  const all = await s3Objects({ settings: place, log });
  return { objects: objectsOf(context, all), all, claims, close: all.close };
}

/** What the gateway serves: objects that are files. None where there are none, or S3 serves them itself. */
export async function servedObjects(
  url: string | undefined,
  keys: ObjectStoreSettings['OBJECT_SIGNING_KEYS'] | undefined,
): Promise<Readonly<Record<string, HttpHandler>>> {
  const place = url === undefined ? undefined : placeOf(url);
  if (!place || !('folder' in place)) return {};
  if (!keys) throw new SettingError('The setting OBJECT_SIGNING_KEYS is missing.');
  const claims = signedClaims(keys);
  // It makes no links, so where it is reached does not matter.
  return objectRoutes({ objects: await fileObjects({ folder: place.folder, claims, publicUrl: '' }), claims });
}

/** `file:/an/absolute/folder`, or `s3://bucket?region=…&endpoint=…`. */
export function placeOf(text: string): { folder: string } | { bucket: string; region: string; endpoint: string | undefined } {
  const wrong = (why: string) => new SettingError(`The setting OBJECT_STORE_URL is wrong: ${why}.`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong('it is no URL; write file:/folder or s3://bucket?region=…');
  }
  if (url.protocol === 'file:') {
    if (!/^file:(\/\/)?\/[^/]/.test(text) || url.host) throw wrong('the folder is absolute, as in file:/var/lib/storytelling/objects');
    return { folder: fileURLToPath(url) };
  }
  if (url.protocol !== 's3:') throw wrong('it begins with file: or s3://');
  const { region, endpoint, ...unknown } = Object.fromEntries(url.searchParams);
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined) throw wrong(`it has no option ${stranger}; there are region and endpoint`);
  if (!/^[a-z0-9][a-z0-9.-]{2,62}$/.test(url.host) || url.pathname.length > 1) throw wrong('a bucket is named as in s3://bucket?region=…');
  if (!region) throw wrong('the region is missing, as in s3://bucket?region=eu-central-1');
  if (endpoint !== undefined && !/^https?:\/\/[^/]+/.test(endpoint)) throw wrong('the endpoint begins with http:// or https://');
  return { bucket: url.host, region, endpoint };
}
