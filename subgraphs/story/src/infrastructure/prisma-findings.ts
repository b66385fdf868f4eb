import type { EmotionName } from '../domain/analysis-provider.js';
import type { Correction } from '../domain/corrections.js';
import type { Character, Emotion, Findings, KnownFindings, Origin, Segment } from '../domain/findings.js';
import type { Prisma, StoryCharacterRecord, StoryEmotionRecord, StorySegmentRecord } from '../generated/prisma/client.js';

type Transaction = Prisma.TransactionClient;

const segmentsOf = async (tx: Transaction, storyId: string): Promise<Segment[]> =>
  (await tx.storySegmentRecord.findMany({ where: { storyId }, orderBy: { segmentIndex: 'asc' } })).map(toSegment);

export async function knownFindings(tx: Transaction, storyId: string): Promise<KnownFindings> {
  const records = await tx.storyCharacterRecord.findMany({ where: { storyId }, orderBy: [{ position: 'asc' }, { createdAt: 'asc' }] });
  const those = (which: (record: StoryCharacterRecord) => boolean) => records.filter(which).map(toCharacter);
  return {
    characters: those(({ position }) => position !== null),
    absent: those(({ position, dismissed }) => position === null && dismissed === null),
    removed: those(({ dismissed }) => dismissed === 'removed'),
    segments: await segmentsOf(tx, storyId),
  };
}

/** The findings as they are now. */
export async function presentFindings(tx: Transaction, storyId: string): Promise<Findings> {
  const characters = await tx.storyCharacterRecord.findMany({ where: { storyId, position: { not: null } }, orderBy: { position: 'asc' } });
  const emotions = await tx.storyEmotionRecord.findMany({ where: { storyId }, orderBy: { position: 'asc' } });
  const segments = await segmentsOf(tx, storyId);
  return { characters: characters.map(toCharacter), emotions: emotions.map(toEmotion), segments };
}

/** What readers see beside an edition: the findings as they are now, whatever is found in later texts. */
export async function showFindings(tx: Transaction, storyId: string, version: number): Promise<void> {
  const publishedFindings = json(await presentFindings(tx, storyId));
  await tx.storyVersionRecord.update({ where: { storyId_version: { storyId, version } }, data: { publishedFindings } });
}

export async function replaceFindings(tx: Transaction, storyId: string, { characters, emotions, segments }: Findings): Promise<void> {
  await tx.storySegmentRecord.deleteMany({ where: { storyId } });
  await tx.storyEmotionRecord.deleteMany({ where: { storyId } });
  // Characters are never deleted: a voice, a recorded take or a published edition may point to one that the newest text leaves out.
  await tx.storyCharacterRecord.updateMany({ where: { storyId }, data: { position: null } });
  await writeCharacters(
    tx,
    storyId,
    characters.map((character, position) => ({ ...character, position })),
  );
  await tx.storyEmotionRecord.createMany({ data: emotions.map((emotion, position) => ({ ...emotion, storyId, position })) });
  await tx.storySegmentRecord.createMany({ data: segments.map((segment, segmentIndex) => ({ ...segment, storyId, segmentIndex })) });
}

/** A new character stands behind the others until the next analysis knows its place. */
export async function writeCorrection(
  tx: Transaction,
  storyId: string,
  known: KnownFindings,
  { saved, dismissed, segments = [] }: Correction,
): Promise<void> {
  if (saved && known.characters.some(({ id }) => id === saved.id)) {
    const { id, ...changed } = saved;
    await tx.storyCharacterRecord.update({
      where: { id },
      data: { ...changed, aliases: [...saved.aliases], traits: [...saved.traits] },
    });
  } else if (saved) {
    const last = await tx.storyCharacterRecord.aggregate({ where: { storyId }, _max: { position: true } });
    await writeCharacters(tx, storyId, [{ ...saved, position: (last._max.position ?? -1) + 1 }]);
  }
  if (dismissed) {
    await tx.storyCharacterRecord.updateMany({
      where: { storyId, id: { in: [...dismissed.ids] } },
      data: { position: null, dismissed: dismissed.as },
    });
  }
  if (segments.length > 0) {
    const changed = segments.map(({ id, emotion, speakerId, origin }) => ({ id, emotion, speakerId, origin }));
    await tx.$executeRaw`
      UPDATE story_segments s SET (emotion, speaker_id, origin) = (c.emotion, c."speakerId", c.origin)
      FROM jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) AS c(id uuid, emotion text, "speakerId" uuid, origin text)
      WHERE s.id = c.id AND s.story_id = ${storyId}::uuid`;
  }
}

async function writeCharacters(tx: Transaction, storyId: string, characters: readonly (Character & { position: number })[]): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO story_characters (id, story_id, name, aliases, description, personality, role, traits, origin, position)
    SELECT id, ${storyId}::uuid, name, aliases, description, personality, role, traits, origin, position
    FROM jsonb_to_recordset(${JSON.stringify(characters)}::jsonb)
      AS c(id uuid, name text, aliases jsonb, description text, personality text, role text, traits jsonb, origin text, position int)
    ON CONFLICT (id) DO UPDATE SET (name, aliases, description, personality, role, traits, origin, position, dismissed) =
      (EXCLUDED.name, EXCLUDED.aliases, EXCLUDED.description, EXCLUDED.personality, EXCLUDED.role, EXCLUDED.traits, EXCLUDED.origin, EXCLUDED.position, NULL)`;
}

/** Our own plain data into a JSON column. */
export const json = (value: object) => value as Prisma.InputJsonObject;

type CharacterColumns = Pick<
  StoryCharacterRecord,
  'id' | 'name' | 'aliases' | 'description' | 'personality' | 'role' | 'traits' | 'origin'
>;

export function toCharacter({ id, name, aliases, description, personality, role, traits, origin }: CharacterColumns): Character {
  return {
    id,
    name,
    aliases: aliases as string[],
    description,
    personality,
    role,
    traits: traits as string[],
    origin: origin as Origin,
  };
}

export function toEmotion({ id, emotion, intensity, context, quote, segmentIndex }: StoryEmotionRecord): Emotion {
  return { id, emotion: emotion as EmotionName, intensity, context, quote: quote ?? '', segmentIndex: segmentIndex ?? 0 };
}

function toSegment({ id, text, emotion, speakerId, origin }: StorySegmentRecord): Segment {
  return { id, text, emotion: emotion as EmotionName, speakerId, origin: origin as Origin };
}
