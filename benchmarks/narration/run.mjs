// `npm run bench:narration`: what a narration takes from order to file, in the running platform: sound per CPU beside bare flite, memory, and what others
// notice of twenty at once. Writes results.md; ends with 1 when a goal is missed. What the speaking alone takes: speech.mjs.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { pronounceable } from '../../subgraphs/narration/dist/infrastructure/providers/local/pronounceable.js';
import { bareFlite } from './bare-flite.mjs';
import { analyzed, asked, complete, startPlatform } from './platform.mjs';

const goals = { speed: 0.8, memory: 400, p99: 3 };
const rounds = 5;
const atOnce = 20;
/** For each measurement of `me`, one after the other, so many a second. */
const seconds = 20;
const perSecond = 50;

const long = readFileSync(new URL('../../subgraphs/story/tests/analysis/texts/long.txt', import.meta.url), 'utf8').normalize('NFC');
const countOf = (text) => text.split(/\s+/u).length;
/** The beginning of the story, over and over until there are so many words. */
function words(count) {
  const paragraphs = long.split(/\n\s*\n/u);
  const taken = [];
  let have = 0;
  for (let at = 0; have < count; at += 1) {
    const paragraph = paragraphs[at % paragraphs.length];
    taken.push(paragraph);
    have += countOf(paragraph);
  }
  return taken.join('\n\n');
}

const quantile = (values, share) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const median = (values) => quantile(values, 0.5);
const load = loadavg()[0].toFixed(1);
const missed = [];
const hold = (what, isHeld) => isHeld || missed.push(what);

const platform = await startPlatform();
try {
  const idle = await settled();
  const [speed, texts] = [await measureSpeed(), [1_500, 15_000]];
  const memory = [];
  for (const count of texts) memory.push(await measureMemory(count));
  const others = await measureOthers();
  write({ idle, speed, memory, others });

  /** What a platform takes for which there is nothing to do: memory, and CPU per second, of its timers. */
  async function settled() {
    // The voices' previews are made at the first start; the threads that spoke them end half a minute later.
    await sleep(60_000);
    const [before, at] = [platform.cpu(), performance.now()];
    await sleep(10_000);
    return { megabytes: platform.megabytes(), cpu: (platform.cpu().node - before.node) / ((performance.now() - at) / 1000) };
  }

  /** In turns, so that whatever else the machine does falls on both alike; the first round warms the compilers up. */
  async function measureSpeed() {
    const page = words(1_000);
    const storyId = await analyzed(platform, page);
    const sentences = await spokenOf(storyId);
    const measured = [];
    for (let round = 0; round <= rounds; round += 1) {
      const began = process.cpuUsage();
      for (const sentence of sentences) bareFlite(sentence, 'slt');
      const { user, system } = process.cpuUsage(began);
      // So that this process notices which connections were closed meanwhile.
      await sleep(10);
      const token = await platform.token();
      const [before, at] = [platform.cpu(), performance.now()];
      const sound = await complete(platform, await asked(platform, storyId, token), { every: 1_000 });
      const after = platform.cpu();
      const took = (performance.now() - at) / 1000;
      const cpu = {
        bare: (user + system) / 1_000_000,
        node: after.node - before.node - took * idle.cpu,
        postgres: after.postgres - before.postgres,
      };
      console.log(round, sound, took, cpu);
      if (round > 0) measured.push({ sound, ...cpu });
    }
    const ratio = median(measured.map(({ bare, node }) => bare / node));
    hold('speed', ratio >= goals.speed);
    return {
      words: countOf(page),
      ratio,
      ours: median(measured.map(({ sound, node }) => sound / node)),
      bare: median(measured.map(({ sound, bare }) => sound / bare)),
      postgres: median(measured.map(({ postgres, node }) => postgres / node)),
    };
  }

  /** The sentences of the same segments. */
  async function spokenOf(storyId) {
    const sentences = [];
    const token = await platform.token();
    for (let after = null; ; ) {
      const query = `query ($id: ID!, $after: String) {
        story(id: $id) { segments(first: 100, after: $after) { nodes { text } pageInfo { hasNextPage endCursor } } }
      }`;
      const { segments } = (await platform.ask(query, { id: storyId, after }, token)).story;
      sentences.push(...segments.nodes.flatMap(({ text }) => pronounceable(text)));
      if (!segments.pageInfo.hasNextPage) return sentences;
      after = segments.pageInfo.endCursor;
    }
  }

  async function measureMemory(count) {
    const text = words(count);
    const storyId = await analyzed(platform, text);
    const began = performance.now();
    let most = 0;
    const sound = await complete(platform, await asked(platform, storyId, await platform.token()), {
      meanwhile: () => {
        most = Math.max(most, platform.megabytes());
      },
    });
    const took = (performance.now() - began) / 1000;
    const above = most - idle.megabytes;
    console.log(count, sound, above, took);
    hold(`memory for ${count} words`, above <= goals.memory);
    return { words: countOf(text), sound, above, took };
  }

  /** What somebody notices who only asks who they are. */
  async function measureOthers() {
    const storyId = await analyzed(platform, words(500));
    const token = await platform.token();
    await latencies(token); // warm
    const quiet = await latencies(token);
    const ids = [];
    for (let count = 0; count < atOnce; count += 1) ids.push(await asked(platform, storyId, token));
    const busy = await latencies(token);
    const statuses = await Promise.all(
      ids.map((id) =>
        platform.ask('query ($id: ID!) { narration(id: $id) { status } }', { id }, token).then(({ narration }) => narration.status),
      ),
    );
    if (statuses.every((status) => status === 'COMPLETED')) throw new Error('They were done too soon to be noticed: ask for more.');
    for (const id of ids) await complete(platform, id);
    const again = await latencies(token);
    const [before, during, after] = [quiet, busy, again].map((values) => ({ median: median(values), p99: quantile(values, 0.99) }));
    console.log(before, during, after);
    const times = during.p99 / ((before.p99 + after.p99) / 2);
    hold('p99 of me', times <= goals.p99);
    return { before, during, after, times };
  }

  async function latencies(token) {
    const took = [];
    for (let count = 0; count < seconds * perSecond; count += 1) {
      const began = performance.now();
      await platform.ask('{ me { id email } }', {}, token);
      took.push(performance.now() - began);
      await sleep(Math.max(0, 1000 / perSecond - (performance.now() - began)));
    }
    return took;
  }
} finally {
  await platform.stop();
}
if (missed.length > 0) {
  console.error(`Missed: ${missed.join(', ')}.`);
  process.exitCode = 1;
}

function write({ idle, speed, memory, others }) {
  const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}, Node ${process.versions.node}, load ${load} at the start`;
  const one = (value) => value.toFixed(1);
  const latency = (name, { median: middle, p99 }) => `| ${name} | ${one(middle)} | ${one(p99)} |`;
  writeFileSync(
    new URL('results.md', import.meta.url),
    `# Narration, measured

\`npm run bench:narration\`, ${new Date().toISOString().slice(0, 10)}: ${machine}. The running platform, all contexts and the gateway in one process; the local voices; MP3.

## Sound per CPU

Of the whole job, from the order to the file, ${speed.words} words, median of ${rounds} rounds in turns. Bare flite is the program as its package has it, started for each
of the same sentences, in one thread; what it says is thrown away. CPU is that of the platform's process with all its threads, less what it takes idle; PostgreSQL's comes to ${(speed.postgres * 100).toFixed(0)} % of it on top. Goal: at least ${goals.speed} × bare flite.

| | seconds of the story per second of CPU |
| --- | ---: |
| bare flite | ${speed.bare.toFixed(0)} |
| the whole job | ${speed.ours.toFixed(0)}, which is ${speed.ratio.toFixed(2)} × |

## Memory

The most that the process takes while a story is narrated, above the ${idle.megabytes.toFixed(0)} MB of an idle platform. Goal: at most ${goals.memory} MB, and flat in the story's length.

| words | sound (min) | took (s) | above idle (MB) |
| ---: | ---: | ---: | ---: |
${memory.map((row) => `| ${row.words} | ${(row.sound / 60).toFixed(0)} | ${row.took.toFixed(0)} | ${row.above.toFixed(0)} |`).join('\n')}

## What others notice

${atOnce} narrations of 500 words asked for at once; meanwhile somebody asks for \`me\`, ${perSecond} times a second for ${seconds} seconds; milliseconds. Goal: the 99th percentile within
${goals.p99} × of a quiet platform's.

| | median | p99 |
| --- | ---: | ---: |
${[latency('before', others.before), latency('during', others.during), latency('afterwards', others.after)].join('\n')}

That is ${others.times.toFixed(2)} ×.
`,
  );
}
