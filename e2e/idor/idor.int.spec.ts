import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openPool } from '@storytelling/shared/infrastructure/database';
import type { GraphQLObjectType } from 'graphql';
import type pg from 'pg';
import { until } from '../running-platform.js';
import { type Answer, type Context, contexts, schemaOf, startContexts } from './contexts.js';
import { type Person, somebody, type Who, whos } from './people.js';
import { entitiesOf, operationOf, selectionOf, shown } from './selection.js';
import { type Belongings, type Outcome, rows, type Variables } from './who-may-what.js';

// Every root field and every entity reference of every context, asked for what belongs to somebody else, as everybody there is. What comes
// out is held against the committed table: a new field without a row fails, and so does whatever shows more than its row says.

jest.setTimeout(60_000);

const kinds = { Query: 'query', Mutation: 'mutation', Subscription: 'subscription' } as const;
type Kind = keyof typeof kinds;

let running: Awaited<ReturnType<typeof startContexts>>;
let identity: pg.Pool;
let narration: pg.Pool;
let people: Record<Who, Person>;
let my: Belongings;

beforeAll(async () => {
  running = await startContexts();
  identity = openPool({ connectionString: running.databaseUrl('identity'), max: 2 });
  narration = openPool({ connectionString: running.databaseUrl('narration'), max: 1 });
  people = Object.fromEntries(
    await Promise.all(whos.map(async (who) => [who, await somebody(who, running.ask, identity)] as const)),
  ) as Record<Who, Person>;
  people = { ...people, stranger: { ...people.other, caller: { kind: 'anonymous', permissions: [] } } };
  my = await belongings();
});
afterAll(async () => {
  await identity.end();
  await narration.end();
  await running.stop();
});

describe.each(contexts)('%s', (context) => {
  const schema = schemaOf(context);
  const rootFields = Object.keys(kinds).flatMap((kind) =>
    Object.keys(schema.getType(kind) ? (schema.getType(kind) as GraphQLObjectType).getFields() : {}).map((field) => `${kind}.${field}`),
  );
  const asked = [...rootFields, ...entitiesOf(schema).map((entity) => `Reference.${entity}`)];
  const known = Object.keys(rows[context]).map((row) => row.replace(/ .*/, ''));

  it('has a row for all that can be asked, and for nothing else', () => {
    expect([...new Set(known)].sort()).toEqual([...asked].sort());
  });

  it.each(Object.keys(rows[context]))('%s shows nobody more than its row says', async (name) => {
    const { given, everybodyElse = 'all', ...expected } = rows[context][name] ?? {};
    const [kind, field] = name.replace(/ .*/, '').split('.') as [Kind | 'Reference', string];

    // What was refused to one has changed nothing, and is asked for by the next: to make a story anew for each takes most of the time.
    let untouched: Variables | undefined;

    async function askAs(who: Who): Promise<Answer> {
      const person = people[who];
      const variables = untouched ?? (await given?.(my, person)) ?? {};
      const answer = await askFor(person, variables);
      const isForAnybody = (given?.length ?? 0) < 2;
      untouched = isForAnybody && answer.errors?.length && answer.data?.[field] == null ? variables : undefined;
      return answer;
    }

    async function askFor(person: Person, variables: Variables): Promise<Answer> {
      if (kind === 'Reference') {
        const type = schema.getType(field) as GraphQLObjectType;
        const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on ${field} ${selectionOf(schema, type)} } }`;
        const { data, errors } = await running.ask(context, person.caller, query, { of: [{ __typename: field, ...variables }] });
        const [entity] = (data?._entities ?? []) as unknown[];
        return { data: { [field]: entity }, errors: errors ?? [] };
      }
      const definition = (schema.getType(kind) as GraphQLObjectType).getFields()[field];
      if (!definition) throw new Error(`There is no ${kind}.${field}.`);
      const ask = kind === 'Subscription' ? running.listen : running.ask;
      return ask(context, person.caller, operationOf(kinds[kind], schema, definition), variables);
    }

    const owners = await askAs('owner');
    const all = shown(owners.data?.[field]);
    const outcomes: Partial<Record<Who, Outcome>> = {};
    for (const who of whos) outcomes[who] = outcomeOf(who === 'owner' ? owners : await askAs(who), field, all);
    // What the owner knows is no surprise.
    outcomes.owner = outcomes.owner?.replace(/, knowing .*/, '') ?? '';
    const complete = Object.fromEntries(whos.map((who) => [who, expected[who] ?? (who === 'owner' ? 'all' : everybodyElse)]));
    expect(outcomes).toEqual(complete);
  });
});

/** What of all that the owner is shown is shown to somebody else, and which of the owner's secrets are among it. */
function outcomeOf({ data, errors }: Answer, field: string, all: ReadonlySet<string>): Outcome {
  const value = data?.[field];
  if (value === null || value === undefined) return errors?.[0]?.extensions.code ?? 'none';
  const seen = shown(value);
  const missing = [...all].filter((path) => !seen.has(path));
  // Of an object that is missing whole, its name alone.
  const whole = (path: string) => {
    const parts = path.split('.');
    const depth = parts.findIndex((_, index) => ![...seen].some((other) => other.startsWith(`${parts.slice(0, index + 1).join('.')}.`)));
    return parts.slice(0, depth < 0 ? parts.length : depth + 1).join('.');
  };
  const text = JSON.stringify(value);
  const secrets = Object.keys(my.secrets).filter((name) => text.includes(my.secrets[name] ?? ''));
  return [
    missing.length === 0 ? 'all' : `without ${[...new Set(missing.map(whole))].sort().join(' ')}`,
    ...(secrets.length > 0 ? [`knowing ${secrets.sort().join(' ')}`] : []),
  ].join(', ');
}

/** What the owner has: an account, a story that readers know in one edition and its author in the next, a draft that nobody knows. */
async function belongings(): Promise<Belongings> {
  const { caller } = people.owner;
  const run = async (source: string, variables: object, context: Context = 'story') => {
    const { data, errors } = await running.ask(context, caller, source, variables);
    if (errors) throw new Error(JSON.stringify(errors));
    return data ?? {};
  };
  const newDraft = async (title = `The fox ${randomUUID()}`) => {
    const input = { title, content: '“I am so happy!” said Ada. The fox was afraid of the dark.' };
    const { createStory } = await run('mutation ($input: CreateStoryInput!) { createStory(input: $input) { id } }', { input });
    return (createStory as { id: string }).id;
  };
  const storyOf = async (id: string) =>
    (await run('query ($id: ID!) { story(id: $id) { status cursor characters { id } segments(first: 1) { nodes { id } } } }', { id }))
      .story as {
      status: string;
      cursor: string;
      characters: { id: string }[];
      segments: { nodes: { id: string }[] };
    };
  const newAnalyzed = async () => {
    const id = await newDraft();
    await run('mutation ($input: AnalyzeStoryInput!) { analyzeStory(input: $input) { id } }', { input: { id } });
    await until(async () => (await storyOf(id)).status === 'ANALYZED');
    return id;
  };
  const publish = async (id: string) => {
    await run('mutation ($input: PublishStoryInput!) { publishStory(input: $input) { id } }', { input: { id, expectedVersion: 1 } });
    return id;
  };
  const newPublished = async () => publish(await newAnalyzed());
  const secrets = {
    ...people.owner.secrets,
    draft: `Draft ${randomUUID()}`,
    nextEdition: `Next ${randomUUID()}`,
    voice: `Voice ${randomUUID()}`,
    consent: `I agree ${randomUUID()}`,
    recorded: `Recorded ${randomUUID()}`,
  };
  const [draft, analyzed, published] = await Promise.all([newDraft(secrets.draft), newAnalyzed(), newAnalyzed()]);
  const { cursor: cursorOfPublished } = await storyOf(published);
  const verify = 'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { id } }';
  await running.ask('identity', caller, verify, { input: { token: await running.tokenMailedTo(people.owner.email) } });
  await publish(published);
  await run('mutation ($input: EditStoryInput!) { editStory(input: $input) { id } }', {
    input: { id: published, expectedVersion: 1, title: secrets.nextEdition },
  });
  const { cursor: cursorOfAnalyzed, characters, segments } = await storyOf(analyzed);
  const [character] = characters;
  const [segment] = segments.nodes;
  const [publishedSegment] = (await storyOf(published)).segments.nodes;
  if (!character || !segment || !publishedSegment) throw new Error('a character and segments');
  await run('mutation ($input: EditStoryInput!) { editStory(input: $input) { id } }', {
    input: { id: analyzed, expectedVersion: 1, title: 'The happy fox' },
  });
  const picture = { input: { contentType: 'image/png', sizeBytes: 10 } };
  const { requestProfileImageUpload: upload } = await run(
    'mutation ($input: UploadInput!) { requestProfileImageUpload(input: $input) { id } }',
    picture,
    'identity',
  );
  const narrate = (input: string, variables: object) => run(input, variables, 'narration');
  const ready = (await narrate('{ readyMadeVoices(provider: "local") { id } }', {})).readyMadeVoices as { id: string }[];
  const readyMadeVoice = ready[0]?.id ?? '';
  const newNarration = async (storyId = analyzed) => {
    const generate = 'mutation ($input: GenerateNarrationInput!) { generateNarration(input: $input) { id } }';
    return ((await narrate(generate, { input: { storyId, voiceId: readyMadeVoice } })).generateNarration as { id: string }).id;
  };
  const completed = async (id: string) => {
    const read = 'query ($id: ID!) { narration(id: $id) { status segments(first: 1) { nodes { id } } updates { cursor } } }';
    type Narration = { status: string; segments: { nodes: { id: string }[] }; updates: { cursor: string }[] };
    let told: Narration | undefined;
    await until(async () => {
      told = (await narrate(read, { id })).narration as Narration;
      return told.status === 'COMPLETED';
    });
    // From before the last segment that was announced: what follows shows most.
    return { id, segment: told?.segments.nodes[0]?.id ?? '', cursor: told?.updates[0]?.cursor ?? '' };
  };
  const [ofAnalyzed, ofPublished] = await Promise.all(
    [await newNarration(), await newNarration(published)].map((narrationId) => completed(narrationId)),
  );
  const newVoice = async (name = 'A voice') => {
    const create = 'mutation ($input: CreateNarratorVoiceInput!) { createNarratorVoice(input: $input) { id } }';
    return ((await narrate(create, { input: { name } })).createNarratorVoice as { id: string }).id;
  };
  const voice = await newVoice(secrets.voice);
  const { narratorVoice } = await narrate('query ($id: ID!) { narratorVoice(id: $id) { cursor } }', { id: voice });
  await narrate('mutation ($input: VoiceConsentInput!) { recordVoiceConsent(input: $input) { id } }', {
    input: { voiceId: voice, speaker: 'Ada', statement: secrets.consent },
  });
  // Heard from here on, so that there is something to hide; how one is recorded is another scenario.
  const sample = randomUUID();
  await narration.query(
    `INSERT INTO voice_samples (id, narrator_voice_id, emotion, sample_text, audio_url, duration_seconds, file_size_bytes, measures)
     VALUES ($1, $2, 'joy', $3, $4, 2, 100, $5)`,
    [
      sample,
      voice,
      secrets.recorded,
      `narration/voices/${voice}/samples/${sample}.wav`,
      { durationSeconds: 2, speechSeconds: 2, speechLevel: -20, noiseLevel: -60, peakLevel: -3, clipped: 0, pitch: 150, pitchRange: 4 },
    ],
  );
  await narration.query(`UPDATE narrator_voices SET preview_key = $2 WHERE id = $1`, [voice, `narration/voices/${voice}/previews/one.mp3`]);
  const { requestVoiceSampleUpload: recording } = await narrate(
    'mutation ($input: VoiceSampleUploadInput!) { requestVoiceSampleUpload(input: $input) { id } }',
    { input: { voiceId: voice, contentType: 'audio/wav', sizeBytes: 10 } },
  );
  const { exportMyData: dataExport } = await run('mutation { exportMyData { id } }', {}, 'identity');
  return {
    dataExport: (dataExport as { id: string }).id,
    owner: people.owner,
    secrets,
    upload: (upload as { id: string }).id,
    draft,
    analyzed,
    published,
    character: character.id,
    segment: segment.id,
    publishedSegment: publishedSegment.id,
    cursorOfAnalyzed,
    cursorOfPublished,
    newAccount: () => somebody('other', running.ask, identity),
    newDraft,
    newAnalyzed,
    newPublished,
    narration: ofAnalyzed?.id ?? '',
    narratedSegment: ofAnalyzed?.segment ?? '',
    cursorOfNarration: ofAnalyzed?.cursor ?? '',
    publishedNarration: ofPublished?.id ?? '',
    cursorOfPublishedNarration: ofPublished?.cursor ?? '',
    voice,
    cursorOfVoice: (narratorVoice as { cursor: string }).cursor,
    sample,
    recording: (recording as { id: string }).id,
    readyMadeVoice,
    newNarration: () => newNarration(),
    newVoice: () => newVoice(),
  };
}
