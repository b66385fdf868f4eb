import { randomUUID } from 'node:crypto';

/** Always the same stories: a generator of our own, seeded (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const syllables = 'ba be bo da de di fa fe go ha hi ka ke la le lo ma me mi na no pa pe ra re ri sa se so ta te ti va ve wa'.split(' ');
/** How often a story has a word that is looked for. */
const wanted = { river: 0.5, lighthouse: 0.1, fox: 0.05, haus: 0.05, wolverine: 0.002 };
const stopWords = {
  en: ['the', 'and', 'of', 'a', 'to', 'in', 'was'],
  de: ['der', 'die', 'und', 'das', 'ein', 'zu', 'war'],
  es: ['el', 'la', 'y', 'de', 'un', 'en', 'era'],
};
const languages = ['en', 'en', 'en', 'de', 'es'];

/** Texts of 400 to 1,000 words, which are as often or as rare as words are (Zipf). Resolves to the bytes of all texts. */
export async function makeStories(pool, count) {
  const next = random(7);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const vocabulary = Array.from(
    { length: 8_000 },
    () => pick(syllables) + pick(syllables) + pick(syllables) + (next() < 0.5 ? pick(syllables) : ''),
  );
  const word = (language) =>
    next() < 0.35 ? pick(stopWords[language]) : (vocabulary[Math.floor(vocabulary.length ** next()) - 1] ?? 'night');
  let bytes = 0;
  for (let made = 0; made < count; made += 500) {
    const stories = Array.from({ length: 500 }, (_, index) => {
      const number = made + index;
      const language = languages[number % languages.length];
      const words = Array.from({ length: 400 + Math.floor(next() * 600) }, () => word(language));
      for (const [one, share] of Object.entries(wanted))
        if (next() < share) for (let times = 1 + next() * 4; times > 0; times -= 1) words[Math.floor(next() * words.length)] = one;
      if (next() < 0.01) words.push('silver river');
      const content = words.join(' ');
      bytes += Buffer.byteLength(content);
      return {
        id: randomUUID(),
        title: `${word(language)} ${word(language)} ${number % 100 === 0 ? 'chronicle' : pick(['night', 'fox', 'river', 'song'])} ${number}`,
        content,
        author: `writer-${String(number % 500).padStart(6, '0')}`,
        language,
        published: number % 2 === 0,
      };
    });
    await pool.query(
      `WITH given AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS s(id uuid, title text, content text, author text, language text, published boolean)),
         editions AS (
           INSERT INTO stories (id, title, content, content_hash, author_id, language, stream_version) SELECT id, title, content, md5(content), author, language, 1 FROM given
         )
       INSERT INTO story_versions (story_id, version, title, content, content_hash) SELECT id, 1, title, content, md5(content) FROM given`,
      [JSON.stringify(stories)],
    );
    await pool.query(
      `UPDATE stories SET is_published = true, published_version = 1, published_at = now(), status = 'published' WHERE id = ANY($1)`,
      [stories.filter(({ published }) => published).map(({ id }) => id)],
    );
  }
  await pool.query('VACUUM ANALYZE');
  return bytes;
}
