import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileWorker } from '@storytelling/shared/testing/compile-worker';
import { MAX_SEGMENT_CODE_POINTS, codePoints } from '../../src/domain/analysis-segments.js';
import { repairExtraction } from '../../src/domain/analysis-repair.js';
import { analyseEnglish } from '../../src/infrastructure/providers/local/analyse-english.js';
import { localProvider } from '../../src/infrastructure/providers/local-provider.js';
import { analysisProviderContract } from './analysis-provider.contract.js';
import { type Labels, measure } from './measure.js';

const TEXTS = join(process.cwd(), 'subgraphs/story/tests/analysis/texts');
const LEAST = 0.7;

let worker: Awaited<ReturnType<typeof compileWorker>>;
beforeAll(async () => {
  worker = await compileWorker(
    'subgraphs/story/src',
    ['domain', 'infrastructure/providers/local'],
    'infrastructure/providers/local/worker.ts',
  );
});
afterAll(() => worker.remove());

const labelled = async () => {
  const names = (await readdir(TEXTS)).filter((file) => file.endsWith('.txt')).map((file) => file.replace(/\.txt$/u, ''));
  return Promise.all(
    names.sort().map(async (name) => ({
      name,
      content: await readFile(join(TEXTS, `${name}.txt`), 'utf8'),
      labels: JSON.parse(await readFile(join(TEXTS, `${name}.json`), 'utf8')) as Labels,
    })),
  );
};

describe('measured on the labelled texts', () => {
  it(`finds names with precision and recall, and speakers, of at least ${LEAST} in every text`, async () => {
    const rows = (await labelled()).map(({ name, content, labels }) => {
      const started = performance.now();
      const extraction = repairExtraction(content, analyseEnglish(content));
      const milliseconds = performance.now() - started;
      return { name, kind: labels.kind, words: content.split(/\s+/u).length, milliseconds, ...measure(content, labels, extraction) };
    });
    const share = (value: number) => value.toFixed(2).padStart(9);
    const table = rows.map(
      (row) =>
        `${row.name.padEnd(15)}${String(row.words).padStart(6)}${share(row.precision)}${share(row.recall)}${share(row.speakers)}${String(Math.round(row.milliseconds)).padStart(6)}  ${row.kind}`,
    );
    process.stdout.write(`\ntext            words precision  recall speakers    ms  kind\n${table.join('\n')}\n`);
    expect(rows.length).toBeGreaterThanOrEqual(8);
    for (const row of rows) {
      expect({
        text: row.name,
        missed: row.missed,
        wrong: row.wrong,
        enough: Math.min(row.precision, row.recall, row.speakers) >= LEAST,
      }).toMatchObject({ enough: true });
    }
  });
});

/** A small generator with a fixed seed: the same texts on every machine. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const SCRAPS = [
  '“',
  '”',
  '"',
  '‘',
  '’',
  "'",
  '«',
  '»',
  '„',
  '— ',
  '- ',
  '…',
  '. ',
  '! ',
  '? ',
  ', ',
  '\n',
  '\n\n',
  '\r\n',
  '\t',
  '  ',
  '\u00a0',
  '\u2028',
  '* * *',
  'Anna Berg',
  'Mr. Holmes',
  'the fox',
  'said',
  ' he said',
  ' asked the old woman',
  'I',
  'furious',
  'very happy',
  'NOT AFRAID',
  'Łukasz',
  'Dvořák',
  'e\u0301',
  '😀',
  '👩‍👩‍👧',
  '\u{1F1E9}\u{1F1EA}',
  '雨',
  'שלום',
  'İ',
  'ß',
  '\u200b',
  '\ufeff',
  '(',
  ')',
  '[',
  '1,000.5',
  "don't",
  'x'.repeat(700),
  'wept and '.repeat(90),
  ' was a tall man',
  ', who laughed,',
];

describe('whatever the text', () => {
  const texts = Array.from({ length: 250 }, (_, seed) => {
    const roll = dice(seed + 1);
    return Array.from({ length: 1 + roll(60) }, () => `${SCRAPS[roll(SCRAPS.length)]}${roll(2) === 0 ? ' ' : ''}`).join('');
  });

  it('segments are the whole text in speakable sizes, speakers are characters, quotes stand in their segments', () => {
    for (const content of texts) {
      const extraction = analyseEnglish(content);
      expect(extraction.segments.map(({ text }) => text).join('')).toBe(content);
      expect(extraction.segments.every(({ text }) => text !== '' && codePoints(text) <= MAX_SEGMENT_CODE_POINTS)).toBe(true);
      const names = new Set(extraction.characters.map(({ name }) => name));
      expect(names.size).toBe(extraction.characters.length);
      for (const { speaker } of extraction.segments) expect(speaker === null || names.has(speaker)).toBe(true);
      for (const { quote, segmentIndex, intensity } of extraction.emotions) {
        expect(extraction.segments[segmentIndex]?.text).toContain(quote);
        expect(Number.isInteger(intensity) && intensity >= 1 && intensity <= 10).toBe(true);
      }
    }
  });

  it('the time does not grow with the square of the length, in one endless paragraph, sentence or word neither', () => {
    const syllables = ['ka', 'le', 'mi', 'no', 'ru', 'sa', 'ti', 'vo', 'ba', 'de'];
    const name = (index: number) => `Q${[...String(index)].map((digit) => syllables[Number(digit)]).join('')}`;
    const long = {
      speech: '“Hi.” he said. ',
      dashes: '— Hello there, he said. ',
      wives: 'Mr. Bennet ran. Mrs. Bennet ran. “Hi,” said his wife. ',
      foxes: 'the old fox said the young man ',
      marks: "'",
      letters: 'a1',
      capitals: 'Foo Bar Baz ',
      names: Array.from({ length: 6_000 }, (_, index) => `${name(index)} ran. `).join(''),
    };
    for (const [pattern, text] of Object.entries(long)) {
      const content = text.repeat(Math.ceil(60_000 / text.length)).slice(0, 60_000);
      const before = process.cpuUsage();
      expect(
        analyseEnglish(content)
          .segments.map((segment) => segment.text)
          .join(''),
      ).toBe(content);
      const { user } = process.cpuUsage(before);
      // Some 0.4 s each; with a square in it, 10 s and more.
      expect({ pattern, seconds: Math.floor(user / 4_000_000) }).toEqual({ pattern, seconds: 0 });
    }
  }, 30_000);

  it('the same text gives the same answer', () => {
    for (const content of texts.slice(0, 40)) expect(analyseEnglish(content)).toEqual(analyseEnglish(content));
  });

  it('the rules of the service find nothing to repair', () => {
    for (const content of texts.slice(0, 60)) {
      const extraction = analyseEnglish(content);
      const repaired = repairExtraction(content, extraction);
      expect(repaired.segments).toEqual(extraction.segments);
    }
  });
});

describe('the worker thread', () => {
  analysisProviderContract('the local provider', () => localProvider({ workerUrl: worker.url }));

  it('refuses other languages than English, which trying again does not change', async () => {
    const provider = localProvider({ workerUrl: worker.url });
    for (const language of ['de', 'fr-CH', 'eng-x', '']) {
      await expect(provider.analyse({ title: 't', content: 'c', language }, () => {}, AbortSignal.timeout(5_000))).rejects.toMatchObject({
        code: 'ANALYSIS_LANGUAGE_UNSUPPORTED',
        retryable: false,
      });
    }
  });

  it('reads 100,000 code points in a few seconds, one text after the other', async () => {
    const provider = localProvider({ workerUrl: worker.url });
    const chapter = await readFile(join(TEXTS, 'long.txt'), 'utf8');
    const content = [...`${chapter}\n${chapter}`].slice(0, 100_000).join('');
    const started = performance.now();
    const [first] = await Promise.all([
      provider.analyse({ title: 't', content, language: 'en-GB' }, () => {}, AbortSignal.timeout(20_000)),
      provider.analyse({ title: 't', content: 'Ada laughed.', language: 'en' }, () => {}, AbortSignal.timeout(20_000)),
    ]);
    expect(first.segments.map(({ text }) => text).join('')).toBe(content);
    expect(performance.now() - started).toBeLessThan(8_000);
    await provider.close?.();
  });

  it('a thread that dies, or whose memory ends, rejects the analysis; the next text starts another', async () => {
    const dying = new URL('./dying.js', worker.url);
    await writeFile(
      dying,
      `import { parentPort } from 'node:worker_threads';
       parentPort.on('message', (text) => { if (text === 'exit') process.exit(3); if (text === 'throw') throw new TypeError('secret words');
         if (text === 'fill') { const all = []; for (;;) all.push(new Array(100000).fill(text + all.length)); }
         parentPort.postMessage({ kind: 'done', extraction: { provider: 'local' } }); });`,
    );
    const provider = localProvider({ workerUrl: dying, maxHeapMb: 32 });
    const analyse = (content: string) => provider.analyse({ title: 't', content, language: 'en' }, () => {}, AbortSignal.timeout(20_000));
    await expect(analyse('exit')).rejects.toMatchObject({ code: 'ANALYSIS_PROVIDER_UNAVAILABLE', retryable: true });
    await expect(analyse('throw')).rejects.toMatchObject({ code: 'ANALYSIS_PROVIDER_UNAVAILABLE', detail: 'TypeError' });
    await expect(analyse('fill')).rejects.toMatchObject({ code: 'ANALYSIS_TEXT_TOO_DEMANDING', retryable: false });
    await expect(analyse('fine')).resolves.toEqual({ provider: 'local' });
    await provider.close?.();
    await expect(analyse('fine')).rejects.toMatchObject({ code: 'ANALYSIS_PROVIDER_UNAVAILABLE' });
  });
});
