import type { ObjectStore } from '@storytelling/shared/infrastructure/object-store';

const types: Readonly<Record<string, string>> = { mp3: 'audio/mpeg', ogg: 'audio/ogg', wav: 'audio/wav', vtt: 'text/vtt' };

/** A URL of an object of this context; what it is says its name. */
export function audioMedia(objects: Pick<ObjectStore, 'urlOf'>) {
  return async (key: string): Promise<{ url: string; expiresAt: Date; contentType: string }> => ({
    ...(await objects.urlOf(key)),
    contentType: types[key.slice(key.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
  });
}
