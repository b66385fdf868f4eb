// `npm run bench:backbone`: how fast events are carried, beside the goals. Writes results.md; ends with 1 when a goal is missed.
import { writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { startKafka, whatIsMissing } from '../../tools/kafka/broker.mjs';
import { bareKafkajs } from './bare-kafkajs.mjs';
import { startServer } from './context.mjs';
import { graphileJobs } from './graphile-worker.mjs';
import { effects, idling, latency, throughput } from './measures.mjs';

const runs = 3;
const rows = [];

function add(transport, what, unit, values, goal = {}) {
  const value = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const sign = goal.least === undefined ? '≤' : '≥';
  const limit = goal.least ?? goal.most;
  if (limit !== undefined && (goal.least === undefined ? value > limit : value < limit)) process.exitCode = 1;
  rows.push([
    transport,
    what,
    Number(value.toPrecision(3)).toLocaleString('en'),
    unit,
    limit === undefined ? '' : `${sign} ${limit.toLocaleString('en')}`,
  ]);
  console.log(rows.at(-1).join('  '));
  return value;
}

async function repeated(measure) {
  const all = [];
  for (let run = 0; run < runs; run += 1) all.push(await measure());
  return all;
}

async function measure(transport, on) {
  const waits = await repeated(() => latency(on, { events: 300, pauseMs: 20 }));
  const of = (name) => waits.map((one) => one[name]);
  add(transport, 'commit → handler, p50', 'ms', of('handlerP50'), { most: 15 });
  add(transport, 'commit → handler, p99', 'ms', of('handlerP99'), { most: 100 });
  add(transport, 'commit → live client, p50', 'ms', of('liveP50'));
  add(transport, 'commit → live client, p99', 'ms', of('liveP99'));
  for (const streams of [1, 10, 100]) {
    const goal = streams === 100 ? { least: 10_000 } : {};
    add(
      transport,
      `outbox → subscriber, ${streams} ${streams > 1 ? 'streams' : 'stream'}`,
      'events/s',
      await repeated(() => throughput(on, { events: 20_000, streams })),
      goal,
    );
  }
  add(
    transport,
    'effects of one consumer, a transaction each',
    'events/s',
    await repeated(() => effects(on, { events: 2_000, streams: 100 })),
  );
  add(transport, 'idling: a context and its listener', '% of a core', [await idling(on, { contexts: 1, seconds: 30 })], { most: 1 });
}

const { server, stop } = await startServer();
const missing = whatIsMissing();
const kafka = missing ? undefined : await startKafka();
try {
  await measure('embedded', { server });
  // In turn, so that whatever else the machine does meets both.
  const load = { events: 20_000, streams: 100 };
  const beside = await repeated(async () => ({ ours: await throughput({ server }, load), jobs: await graphileJobs({ server }, load) }));
  add(
    'embedded',
    'graphile-worker, as many jobs that do nothing',
    'jobs/s',
    beside.map(({ jobs }) => jobs),
  );
  add(
    'embedded',
    'ours beside graphile-worker, in turn',
    '×',
    beside.map(({ ours, jobs }) => ours / jobs),
  );
  if (kafka) {
    const on = { server, kafkaUrl: kafka.url };
    await measure('Kafka', on);
    const pairs = await repeated(async () => ({ ours: await throughput(on, load), bare: await bareKafkajs(kafka.url, load) }));
    add(
      'Kafka',
      'bare kafkajs, the same messages',
      'events/s',
      pairs.map(({ bare }) => bare),
    );
    add(
      'Kafka',
      'ours beside bare kafkajs, in turn',
      '×',
      pairs.map(({ ours, bare }) => ours / bare),
      { least: 0.5 },
    );
  } else console.log(`Nothing is measured on Kafka. ${missing}`);
} finally {
  await kafka?.stop();
  await stop();
}

const header = ['transport', 'what', 'measured', 'unit', 'goal'];
const table = [header, ['---', '---', '---:', '---', '---:'], ...rows].map((row) => `| ${row.join(' | ')} |`);
const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
writeFileSync(
  new URL('results.md', import.meta.url),
  `# The backbone, measured

\`npm run bench:backbone\`, ${new Date().toISOString().slice(0, 10)}: ${machine}. Everything on this one machine, PostgreSQL with fsync; medians of
${runs} runs. Outbox → subscriber: 20,000 committed events of 400 bytes, from the start of the relay to the last one heard.

${table.join('\n')}
`,
);
