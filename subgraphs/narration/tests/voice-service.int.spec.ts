import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileObjects } from '@storytelling/shared/infrastructure/file-objects';
import { gatewayTokens, newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import { type HttpServer, startHttpServer } from '@storytelling/shared/infrastructure/http-server';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { objectRoutes } from '@storytelling/shared/infrastructure/object-routes';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { signedClaims } from '@storytelling/shared/infrastructure/signed-claims';
import { type TestDatabase, testDatabase } from '@storytelling/shared/testing/database';
import { testObjectStore } from '@storytelling/shared/testing/object-store';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { openStudio } from '../src/infrastructure/audio/studio.js';
import { writeWav } from '../src/infrastructure/audio/wav.js';
import { localSpeech } from '../src/infrastructure/providers/local-speech.js';
import { startNarration } from '../src/service.js';
import { floats, never } from './audio/sounds.js';

const owner = userId('somebody-0001');

interface Upload {
  readonly id: string;
  readonly url: string;
  readonly method: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}
interface Taken {
  readonly durationSeconds: number;
  readonly measures: { readonly pitch: number };
  readonly media: { readonly url: string };
}
interface Seen {
  readonly trainingStatus: string;
  readonly qualityScore: number;
  readonly preview: { readonly url: string } | null;
  readonly updates: readonly { readonly eventType: string }[];
}
interface Listed {
  readonly preview: { readonly url: string; readonly contentType: string } | null;
}

/** The service with all that belongs to it: its jobs, its speech, its studio, files and a gateway's routes to them. */
describe('a voice in the running service', () => {
  const place = testObjectStore();
  const databases: TestDatabase[] = [];
  let http: HttpServer;
  let service: RunningService;
  let ask: <Data>(query: string, variables?: object) => Promise<Data>;

  beforeAll(async () => {
    const [narration, backbone] = [await testDatabase('narration'), await testDatabase('backbone')];
    databases.push(narration, backbone);
    const claims = signedClaims([Buffer.from(place.settings.OBJECT_SIGNING_KEYS, 'base64')]);
    const folders = objectRoutes({ objects: await fileObjects({ folder: place.folder, claims, publicUrl: '' }), claims });
    http = await startHttpServer({ port: 0, host: '127.0.0.1', log: createLogger('test', 'silent'), folders, allowOrigin: () => false });
    const tokens = await gatewayTokens(await newGatewayKey());
    service = await startNarration({
      ...place.settings,
      ...{ PUBLIC_URL: http.url, DATABASE_URL: narration.url, EVENT_BUS_URL: `embedded:${backbone.url}`, LOG_LEVEL: 'silent' },
      GATEWAY_JWKS: JSON.stringify(tokens.jwks),
    });
    ask = async <Data>(query: string, variables: object = {}) => {
      const caller = { kind: 'user', userId: owner, permissions: [] } as const;
      const response = await fetch(service.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokens.issue('narration', caller, 'session')}` },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as { data: Data; errors?: object };
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    };
  });
  afterAll(async () => {
    await service.stop();
    await http.close();
    for (const database of databases) await database.drop();
    place.drop();
  });

  const media = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer());
  const filesOf = async (id: string) =>
    (await readdir(join(place.folder, 'narration/voices', id), { recursive: true, withFileTypes: true }).catch(() => []))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);

  async function eventually<Found>(look: () => Promise<Found | undefined | null | false>): Promise<Found> {
    for (let waited = 0; waited < 200; waited += 1) {
      const found = await look();
      if (found) return found;
      await sleep(50);
    }
    throw new Error('It did not come.');
  }

  async function spoken(pitch: string): Promise<Uint8Array> {
    const speech = localSpeech();
    const text = 'Once upon a time there was a fox who lived at the edge of a quiet forest. Nobody knew her name.';
    const voice = { provider: 'local', providerVoiceId: pitch, settings: {} };
    const line = { text, language: 'en', emotion: 'joy', intensity: 5, voice };
    const sound = await speech.speak(line, { key: 'x', unknownSince: null }, never);
    await speech.close?.();
    return writeWav({ samples: floats(sound), sampleRate: sound.sampleRate });
  }

  it('is recorded, trained to a profile that can be heard, and gone without a trace when its owner takes the consent back', async () => {
    const recording = await spoken('slt');
    const { createNarratorVoice: voice } = await ask<{ createNarratorVoice: { id: string } }>(
      'mutation { createNarratorVoice(input: { name: "Mine" }) { id } }',
    );
    const input = { voiceId: voice.id, contentType: 'audio/wav', sizeBytes: recording.length };
    const { requestVoiceSampleUpload: upload } = await ask<{ requestVoiceSampleUpload: Upload }>(
      'mutation ($input: VoiceSampleUploadInput!) { requestVoiceSampleUpload(input: $input) { id url method headers { name value } } }',
      { input },
    );
    const headers = upload.headers.map(({ name, value }): [string, string] => [name, value]);
    expect((await fetch(upload.url, { method: upload.method, headers, body: Buffer.from(recording) })).ok).toBe(true);
    const sample = { voiceId: voice.id, uploadId: upload.id, emotion: 'joy', sampleText: 'Once upon a time …' };
    const { recordVoiceSample: taken } = await ask<{ recordVoiceSample: Taken }>(
      'mutation ($input: RecordVoiceSampleInput!) { recordVoiceSample(input: $input) { durationSeconds measures { pitch } media { url } } }',
      { input: sample },
    );
    expect(taken.durationSeconds).toBeGreaterThan(3);
    expect(taken.measures.pitch).toBeGreaterThan(120);
    expect((await media(taken.media.url)).length).toBeGreaterThan(recording.length / 2);

    const id = voice.id;
    const consent = { input: { voiceId: id, speaker: 'Ada', statement: 'I agree that this voice reads my stories.' } };
    await ask('mutation ($input: VoiceConsentInput!) { recordVoiceConsent(input: $input) { id } }', consent);
    await ask('mutation ($input: TrainNarratorVoiceInput!) { trainNarratorVoice(input: $input) { id } }', { input: { voiceId: id } });
    const query = 'query ($id: ID!) { narratorVoice(id: $id) { trainingStatus kind qualityScore preview { url } updates { eventType } } }';
    const look = async () => (await ask<{ narratorVoice: Seen | null }>(query, { id })).narratorVoice;
    const ready = await eventually(async () => {
      const seen = await look();
      return seen?.trainingStatus === 'READY' && seen;
    });
    expect(ready).toMatchObject({ kind: 'PROFILE', qualityScore: expect.any(Number) });
    expect(ready.qualityScore).toBeGreaterThan(0.2);
    expect(ready.updates.map(({ eventType }) => eventType)).toEqual(expect.arrayContaining(['TrainingProgressed', 'VoiceProfileTrained']));
    const studio = openStudio();
    const heard = await studio.examine(await media(ready.preview?.url ?? ''), never);
    await studio.close();
    expect(heard.measures.durationSeconds).toBeGreaterThan(3);
    // In the pitch that was measured of the recording.
    const ratio = (heard.measures.pitch ?? 0) / taken.measures.pitch;
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.18);
    expect(await filesOf(id)).toHaveLength(2);

    await ask('mutation ($input: WithdrawVoiceConsentInput!) { withdrawVoiceConsent(input: $input) { id } }', { input: { voiceId: id } });
    expect(await look()).toMatchObject({ trainingStatus: 'PENDING', preview: null });
    await eventually(async () => (await filesOf(id)).length === 0);
    await ask('mutation ($input: DeleteNarratorVoiceInput!) { deleteNarratorVoice(input: $input) }', { input: { voiceId: id } });
    expect(await look()).toBeNull();
  });

  it('of a provider is listed with a preview that can be heard, and is made when somebody first asks for it', async () => {
    const { readyMadeVoices: silent } = await ask<{ readyMadeVoices: object[] }>('{ readyMadeVoices { id } }');
    expect(silent).toHaveLength(10);
    expect(await readdir(join(place.folder, 'narration'))).not.toContain('ready-made');
    const voices = await eventually(async () => {
      const { readyMadeVoices: listed } = await ask<{ readyMadeVoices: Listed[] }>(
        '{ readyMadeVoices(provider: "local") { preview { url contentType } } }',
      );
      return listed.length >= 5 && listed.every(({ preview }) => preview) && listed;
    });
    const [first] = voices;
    expect(first?.preview?.contentType).toBe('audio/mpeg');
    const studio = openStudio();
    const { measures } = await studio.examine(await media(first?.preview?.url ?? ''), never);
    await studio.close();
    expect(measures.durationSeconds).toBeGreaterThan(3);
    expect(measures.speechLevel).toBeGreaterThan(-30);
  });
});
