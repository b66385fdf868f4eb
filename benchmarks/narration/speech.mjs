// How much sound a second of CPU makes, spoken and mastered line by line as the service does it, beside bare flite on the same text; and the memory that a story
// takes, short and long. Prints a table; ends with 1 when the goal is missed.
import { appendFileSync, createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStudio } from '../../subgraphs/narration/dist/infrastructure/audio/studio.js';
import { pronounceable } from '../../subgraphs/narration/dist/infrastructure/providers/local/pronounceable.js';
import { flite } from '../../subgraphs/narration/dist/infrastructure/providers/local/flite.js';
import { localSpeech } from '../../subgraphs/narration/dist/infrastructure/providers/local-speech.js';
import { bareFlite } from './bare-flite.mjs';

const goal = 0.8;
const rounds = 7;
const sampleRate = 16_000;
const idle = process.memoryUsage.rss();
const signal = new AbortController().signal;
const story = readFileSync(new URL('../../subgraphs/story/tests/analysis/texts/long.txt', import.meta.url), 'utf8');
const lines = story.split(/\n\s*\n/u).filter((line) => line.trim() !== '');
const words = (some) => some.join(' ').split(/\s+/u).length;
/** Some 500 words. */
const page = lines.slice(0, lines.findIndex((_, index) => words(lines.slice(0, index + 1)) > 500) + 1);

const provider = localSpeech();
const studio = openStudio();
const voice = { provider: 'local', providerVoiceId: 'awb', settings: {} };
const make = async (text, format) => {
  const line = { text, language: 'en', emotion: 'neutral', intensity: 5, voice };
  const spoken = await provider.speak(line, { key: text, unknownSince: null }, signal);
  return studio.master(spoken, { format, sampleRate, pauseSeconds: 0.3 }, signal);
};

const sentences = page.flatMap(pronounceable);
/** Of the page as flite makes it. What we make of it is shorter: the silence that it puts around each line is taken off. */
const seconds = sentences.reduce(
  (sum, sentence) => sum + flite(sentence, { voice: 'awb', pitch: null, range: null, stretch: 1 }).samples.length / sampleRate,
  0,
);

function bare() {
  for (const sentence of sentences) bareFlite(sentence, 'awb');
}

async function ours(format) {
  for (const line of page) await make(line, format);
}

/** Seconds of that sound per second of CPU, of all threads. */
async function perCpuSecond(work) {
  const began = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(began);
  return seconds / ((user + system) / 1_000_000);
}

/** The most above what the process took before, in MB, while a story of so many words is narrated and joined; its parts are in a folder meanwhile. */
async function memoryOf(count) {
  const folder = mkdtempSync(join(tmpdir(), 'storytelling-bench-'));
  let most = 0;
  const watching = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  const parts = [];
  let spoken = 0;
  for (let index = 0; spoken < count; index += 1) {
    const line = lines[index % lines.length];
    spoken += words([line]);
    const { bytes, durationSeconds } = await make(line, 'mp3');
    const file = join(folder, `${index}.mp3`);
    writeFileSync(file, bytes);
    parts.push({ bytes: bytes.length, durationSeconds, open: async () => createReadStream(file) });
  }
  for await (const chunk of studio.join(parts, { format: 'mp3', sampleRate })) appendFileSync(join(folder, 'whole.mp3'), chunk);
  clearInterval(watching);
  rmSync(folder, { recursive: true });
  const minutes = parts.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0) / 60;
  console.log(`| ${spoken} | ${parts.length} | ${minutes.toFixed(0)} min | ${((most - idle) / 2 ** 20).toFixed(0)} MB |`);
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const ways = { bare, mp3: () => ours('mp3'), ogg: () => ours('ogg'), wav: () => ours('wav') };
const rates = { bare: [], mp3: [], ogg: [], wav: [] };
const sizes = process.argv.includes('--speed') ? [] : [1_500, 15_000];
if (sizes.length > 0) console.log('| words | lines | sound | memory above idle |\n|---|---|---|---|');
for (const count of sizes) await memoryOf(count);

// In turns, so that whatever else the machine does falls on all alike; the first round warms the compilers up.
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, work] of Object.entries(ways)) {
    const rate = await perCpuSecond(work);
    if (round > 0) rates[name].push(rate);
  }
}
console.log(
  `\n${words(page)} words, voice awb, ${rounds} rounds in turns, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}\n`,
);
console.log('| | seconds of sound per second of CPU | × bare flite |\n|---|---|---|');
for (const [name, values] of Object.entries(rates)) {
  const ratio = median(values.map((rate, index) => rate / rates.bare[index]));
  console.log(
    `| ${name === 'bare' ? 'bare flite' : `spoken and mastered as ${name}`} | ${median(values).toFixed(0)} | ${ratio.toFixed(2)} |`,
  );
  if (name === 'mp3' && ratio < goal) process.exitCode = 1;
}
await provider.close();
await studio.close();
