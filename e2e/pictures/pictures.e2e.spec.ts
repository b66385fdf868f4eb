import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sizeOf } from '@storytelling/shared/infrastructure/images';
import { jpegPicture, pngPicture, withExif } from '@storytelling/shared/testing/pictures';
import { RunningPlatform } from '../running-platform.js';
import { sendTo, type Upload, uploadFields } from '../uploads.js';

// A picture is sent through the graph, looked at, kept without what it tells about its maker, and shown to whoever may see what it is of.

interface Media {
  readonly url: string;
  readonly expiresAt: string;
  readonly contentType: string;
}

const place = 'Meadow Lane 7, behind the mill';

let platform: RunningPlatform;
let ada: { token: string; id: string };
let bob: { token: string; id: string };

beforeAll(async () => {
  platform = await RunningPlatform.start();
  [ada, bob] = (await Promise.all(['Ada', 'Bob'].map(register))) as [typeof ada, typeof bob];
});
afterAll(() => platform.stop());

async function register(displayName: string) {
  const input = { email: `${displayName}@example.org`, password: 'a fox in the long grass', displayName };
  const { register: session } = await platform.ask<{ register: { accessToken: string; user: { id: string } } }>(
    'mutation ($input: RegisterInput!) { register(input: $input) { accessToken user { id } } }',
    { input },
  );
  return { token: session.accessToken, id: session.user.id };
}

async function sent(body: Buffer, token: string, contentType = 'image/jpeg'): Promise<Upload> {
  const { requestProfileImageUpload: promised } = await platform.ask<{ requestProfileImageUpload: Upload }>(
    `mutation ($input: UploadInput!) { requestProfileImageUpload(input: $input) ${uploadFields} }`,
    { input: { contentType, sizeBytes: body.length } },
    token,
  );
  expect(await sendTo(promised, body)).toBe(204);
  return promised;
}

const use = (imageUploadId: string | null, token: string) =>
  platform.post<{ updateProfile: { profile: { image: Media | null } } }>(
    'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { profile { image { url expiresAt contentType } } } }',
    { input: { imageUploadId } },
    token,
  );

const imageOf = async (id: string, token?: string) =>
  (
    await platform.ask<{ user: { profile: { image: Media | null } } }>(
      'query ($id: ID!) { user(id: $id) { profile { image { url contentType } } } }',
      { id },
      token,
    )
  ).user.profile.image;

/** Every object of the platform, with its bytes. */
function stored(): { path: string; bytes: Buffer }[] {
  const folder = join(platform.data, 'objects');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, bytes: readFileSync(path) }));
}

describe('a picture of oneself', () => {
  it('is seen by everybody, upright, small, and says nothing of where it was taken', async () => {
    const photo = withExif(await jpegPicture(1600, 1200), { orientation: 6, place });
    const promised = await sent(photo, ada.token);
    expect(promised).toMatchObject({ method: 'PUT', maxBytes: photo.length });
    expect(new URL(promised.url).origin).toBe(new URL(platform.url).origin.replace('127.0.0.1', 'localhost'));
    const { data } = await use(promised.id, ada.token);
    expect(data?.updateProfile.profile.image).toMatchObject({ contentType: 'image/webp' });

    const image = await imageOf(ada.id);
    const response = await fetch(image?.url ?? '', { headers: { origin: 'https://a-page-of-somebody.example' } });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect([response.status, response.headers.get('content-type'), response.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'image/webp',
      '*',
    ]);
    expect(sizeOf(bytes)).toEqual({ width: 768, height: 1024 });
    expect(bytes.includes(place)).toBe(false);
    const part = await fetch(image?.url ?? '', { headers: { range: 'bytes=8-11' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, `bytes 8-11/${bytes.length}`, 'WEBP']);
    const etag = part.headers.get('etag') ?? '';
    expect((await fetch(image?.url ?? '', { headers: { 'if-none-match': etag } })).status).toBe(304);

    // Nothing of the photograph itself is left.
    for (const { path, bytes: content } of stored()) expect([path, content.includes(place)]).toEqual([path, false]);
  });

  it('is taken once, though its sender may ask again', async () => {
    const photo = await jpegPicture(60, 40);
    const promised = await sent(photo, ada.token);
    expect((await use(promised.id, ada.token)).errors).toBeUndefined();
    const first = await imageOf(ada.id);
    // The answer was lost: the same mutation again.
    expect((await use(promised.id, ada.token)).data?.updateProfile.profile.image?.url).toBe(first?.url);
    expect(await sendTo(promised, photo)).toBe(409);

    const replaced = await sent(pngPicture(30, 20), ada.token, 'image/png');
    expect((await use(replaced.id, ada.token)).errors).toBeUndefined();
    expect((await use(promised.id, ada.token)).errors?.[0]?.extensions.code).toBe('UPLOAD_USED');
    expect((await fetch(first?.url ?? '')).status).toBe(404);
    expect((await fetch((await imageOf(ada.id))?.url ?? '')).status).toBe(200);
  });

  it('is taken away with null, and then nothing of it is kept', async () => {
    const { data } = await use(null, ada.token);
    expect(data?.updateProfile.profile.image).toBeNull();
    expect(await imageOf(ada.id)).toBeNull();
    expect(stored().filter(({ path }) => path.includes('profile-images'))).toEqual([]);
  });

  it.each([
    [
      'an executable',
      'image/png',
      () => Buffer.from('MZ\x90\0\x03\0\0\0\x04\0\0\0 This program cannot be run in DOS mode.'),
      'IMAGE_UNREADABLE',
    ],
    [
      'a drawing with a script',
      'image/png',
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'),
      'IMAGE_UNREADABLE',
    ],
    ['20,000 × 20,000 pixels in 50 KB', 'image/png', () => pngPicture(20_000, 20_000), 'IMAGE_TOO_MANY_PIXELS'],
    ['half a photograph', 'image/jpeg', async () => (await jpegPicture(600, 400)).subarray(0, 3000), 'IMAGE_UNREADABLE'],
  ])('is refused when it is %s called %s', async (_, contentType, make, code) => {
    const promised = await sent(await make(), bob.token, contentType);
    expect((await use(promised.id, bob.token)).errors?.[0]?.extensions).toMatchObject({ code, field: 'imageUploadId' });
    expect(await imageOf(bob.id)).toBeNull();
  });

  it('is refused when somebody else sent it, when nobody sent it, and when its id was made up', async () => {
    const { id } = await sent(await jpegPicture(60, 40), ada.token);
    const codeOf = async (uploadId: string) => (await use(uploadId, bob.token)).errors?.[0]?.extensions.code;
    expect(await codeOf(id)).toBe('UPLOAD_UNKNOWN');
    expect(await codeOf(`${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`)).toBe('UPLOAD_UNKNOWN');
    expect(await codeOf('')).toBe('UPLOAD_UNKNOWN');
    expect(await codeOf(`${'🦊'.repeat(1000)}.x`)).toBe('UPLOAD_UNKNOWN');
    const { requestProfileImageUpload: unsent } = await platform.ask<{ requestProfileImageUpload: Upload }>(
      'mutation { requestProfileImageUpload(input: { contentType: "image/png", sizeBytes: 10 }) { id } }',
      {},
      bob.token,
    );
    expect(await codeOf(unsent.id)).toBe('UPLOAD_NOT_ARRIVED');
  });

  it.each([
    [{ contentType: 'image/svg+xml', sizeBytes: 10 }, 'UPLOAD_TYPE_UNSUPPORTED', 'contentType'],
    [{ contentType: 'IMAGE/PNG\0', sizeBytes: 10 }, 'UPLOAD_TYPE_UNSUPPORTED', 'contentType'],
    [{ contentType: 'image/png', sizeBytes: 5 * 1024 * 1024 + 1 }, 'UPLOAD_TOO_LARGE', 'sizeBytes'],
    [{ contentType: 'image/png', sizeBytes: 0 }, 'UPLOAD_EMPTY', 'sizeBytes'],
    [{ contentType: 'image/png', sizeBytes: -1 }, 'UPLOAD_EMPTY', 'sizeBytes'],
  ])('is not asked for as %j', async (input, code, field) => {
    const query = 'mutation ($input: UploadInput!) { requestProfileImageUpload(input: $input) { id } }';
    expect((await platform.post(query, { input }, bob.token)).errors?.[0]?.extensions).toMatchObject({ code, field });
    expect((await platform.post(query, { input })).errors?.[0]?.extensions.code).toBe('SIGN_IN_REQUIRED');
  });
});

describe('a picture of a character', () => {
  const ask = <Data>(query: string, input: object, token: string) => platform.post<Data>(query, { input }, token);
  const request = `mutation ($input: CharacterImageUploadInput!) { requestCharacterImageUpload(input: $input) ${uploadFields} }`;
  const set = 'mutation ($input: SetCharacterImageInput!) { setCharacterImage(input: $input) { id name image { url contentType } } }';
  const seen = 'query ($id: ID!) { story(id: $id) { isPublished characters { id name image { url } } } }';

  it('is given by the author alone, and seen by whoever sees the story', async () => {
    const { createStory } = await platform.ask<{ createStory: { id: string } }>(
      'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id } }',
      { input: { title: 'The fox', content: 'Ada met a fox. The fox was afraid.' } },
      ada.token,
    );
    const storyId = createStory.id;
    const { saveCharacter } = await platform.ask<{ saveCharacter: { id: string } }>(
      'mutation ($input: SaveCharacterInput!) { saveCharacter(input: $input) { id } }',
      { input: { storyId, name: 'Ember the fox' } },
      ada.token,
    );
    const of = { storyId, characterId: saveCharacter.id };
    const photo = withExif(await jpegPicture(60, 40), { orientation: 1, place });
    const file = { contentType: 'image/jpeg', sizeBytes: photo.length };
    expect((await ask(request, { ...of, ...file }, bob.token)).errors?.[0]?.extensions.code).toBe('STORY_NOT_FOUND');

    const { data } = await ask<{ requestCharacterImageUpload: Upload }>(request, { ...of, ...file }, ada.token);
    const promised = data?.requestCharacterImageUpload as Upload;
    expect(await sendTo(promised, photo)).toBe(204);
    expect((await ask(set, { ...of, imageUploadId: promised.id }, bob.token)).errors?.[0]?.extensions.code).toBe('STORY_NOT_FOUND');
    // Good for this character, and for nothing else.
    expect((await use(promised.id, ada.token)).errors?.[0]?.extensions.code).toBe('UPLOAD_UNKNOWN');

    const given = await ask<{ setCharacterImage: { image: Media } }>(set, { ...of, imageUploadId: promised.id }, ada.token);
    const { url } = given.data?.setCharacterImage.image as Media;
    expect((await fetch(url)).headers.get('content-type')).toBe('image/webp');
    expect(stored().filter(({ bytes }) => bytes.includes(place))).toEqual([]);
    // Asked again, because the answer was lost.
    const again = await ask<{ setCharacterImage: { image: Media } }>(set, { ...of, imageUploadId: promised.id }, ada.token);
    expect(again.data?.setCharacterImage.image.url).toBe(url);
    const { story } = await platform.ask<{ story: { characters: { image: Media | null }[] } }>(seen, { id: storyId }, ada.token);
    expect(story.characters.flatMap(({ image }) => image?.url ?? [])).toEqual([url]);
    expect((await platform.ask<{ story: unknown }>(seen, { id: storyId }, bob.token)).story).toBeNull();

    const taken = await ask<{ setCharacterImage: { image: Media | null } }>(set, { ...of, imageUploadId: null }, ada.token);
    expect(taken.data?.setCharacterImage.image).toBeNull();
    expect((await fetch(url)).status).toBe(404);
  });
});
