import { setTimeout as sleep } from 'node:timers/promises';
import { promoteUser } from '@storytelling/identity/infrastructure/promote-user';
import { readBacklog } from '@storytelling/shared/infrastructure/backlog';
import { cancelJob, findJob, type JobState, type JobStatus, listJobs, rerunJob } from '@storytelling/shared/infrastructure/job-operations';
import { listOperations, OperationRefused, type Operator } from '@storytelling/shared/infrastructure/operation-log';
import { discard, listParked, redrive, showParked } from '@storytelling/shared/infrastructure/parked';
import { listProjections, rebuildStatus, requestRebuild } from '@storytelling/shared/infrastructure/rebuild';
import { changeEpoch } from './epoch.js';
import type { Installation } from './installation.js';
import { duration, table } from './terminal.js';

/** For machines and for people. */
export interface Answer {
  readonly data: unknown;
  readonly text: string;
}

export async function lag(on: Installation): Promise<Answer> {
  const contexts = await Promise.all(on.contexts().map(async (context) => ({ context, ...(await readBacklog(on.databaseOf(context))) })));
  const groups = await on.lags.read().catch((error: unknown) => {
    throw new OperationRefused(`The event bus does not answer (${(error as { code?: string }).code ?? (error as Error).name}).`);
  });
  const sum = <Row>(rows: readonly Row[], count: (row: Row) => number) => rows.reduce((total, row) => total + count(row), 0);
  const text = [
    table(
      ['CONTEXT', 'OUTBOX', 'OLDEST', 'RETRYING', 'PARKED', 'JOBS QUEUED', 'ACTIVE', 'FAILED'],
      contexts.map(({ context, outbox, parked: put, jobs: all }) => [
        context,
        outbox.events,
        outbox.events > 0 ? duration(outbox.oldestSeconds) : null,
        ...(['retrying', 'parked'] as const).map((wanted) => sum(put, ({ state, events }) => (state === wanted ? events : 0))),
        ...(['queued', 'active', 'failed'] as const).map((wanted) => sum(all, ({ state, jobs: count }) => (state === wanted ? count : 0))),
      ]),
    ),
    table(
      ['GROUP', 'TOPIC', 'PARTITION', 'OFFSET', 'LAG'],
      groups.map(({ group, topic, partition, offset, events }) => [group, topic, partition, Number(offset), events]),
    ),
  ];
  return { data: { contexts, groups }, text: text.join('\n\n') };
}

export async function parked(on: Installation, only?: string): Promise<Answer> {
  const streams = (
    await Promise.all(
      on.contexts(only).map(async (context) =>
        (
          await listParked(on.databaseOf(context))
        ).map(({ first, ...stream }) => ({
          ...stream,
          first: { ...first, id: `${context}/${first.id}` },
        })),
      ),
    )
  ).flat();
  const text =
    streams.length === 0
      ? 'Nothing is parked.'
      : table(
          ['ID', 'CONSUMER', 'STREAM', 'EVENTS', 'FIRST', 'STATE', 'ATTEMPTS', 'NEXT', 'SINCE', 'ERROR'],
          streams.map(({ consumer, stream, events, first: { id, type, state, attempts, nextAttemptAt, parkedAt, error } }) => [
            ...[id, consumer, stream, events, type ?? 'no event', state, attempts],
            state === 'retrying' ? nextAttemptAt : null,
            parkedAt,
            error,
          ]),
        );
  return { data: streams, text };
}

export async function show(on: Installation, given: string): Promise<Answer> {
  const { context, id } = parkedId(given);
  const found = await showParked(on.databaseOf(context), id);
  return { data: { ...found, id: given }, text: JSON.stringify({ ...found, id: given }, null, 2) };
}

export async function redriveSome(on: Installation, target: { id: string } | { stream: string }, operator: Operator): Promise<Answer> {
  const tried = 'id' in target ? await redriveId(on, target.id, operator) : await redriveStream(on, target.stream, operator);
  const text = tried.map(({ consumer, stream, events }) => `${consumer} tries ${events} events of ${stream} again.`).join('\n');
  return { data: tried, text };
}

async function redriveId(on: Installation, given: string, operator: Operator) {
  const { context, id } = parkedId(given);
  return redrive(on.databaseOf(context), { id }, operator);
}

/** A stream may wait at consumers of several contexts. */
async function redriveStream(on: Installation, stream: string, operator: Operator) {
  const tried = await Promise.all(
    on.contexts().map(async (context) => {
      const waiting = await listParked(on.databaseOf(context), 1_000);
      return waiting.some((one) => one.stream === stream) ? redrive(on.databaseOf(context), { stream }, operator) : [];
    }),
  );
  if (tried.flat().length === 0) throw new OperationRefused(`Nothing is parked under ${stream}.`);
  return tried.flat();
}

export async function discardOne(on: Installation, given: string, operator: Operator): Promise<Answer> {
  const { context, id } = parkedId(given);
  await discard(on.databaseOf(context), id, operator);
  return {
    data: { discarded: given },
    text: `${given} is given up. If more events of its stream wait, they are tried at their time; redrive tries them now.`,
  };
}

export async function rebuild(on: Installation, projection: string | undefined, operator: Operator): Promise<Answer> {
  if (projection === undefined) {
    const all = (await Promise.all(on.contexts().map((context) => listProjections(on.databaseOf(context))))).flat();
    const text = table(
      ['PROJECTION', 'TABLES', 'FROM', 'LAST REBUILD', 'ENDED', 'ERROR'],
      all.map(({ name, tables, sources, lastRebuild: last }) => [
        ...[name, tables.join(', '), sources.join(', ')],
        ...[last?.state, last?.finishedAt, last?.error],
      ]),
    );
    return { data: all, text };
  }
  const asked = await requestRebuild(on.databaseOf, projection, operator);
  for (;;) {
    const status = await rebuildStatus(on.databaseOf(asked.context), asked.id);
    if (status.state === 'failed')
      throw new OperationRefused(`The rebuild of ${projection} failed, the old tables serve on: ${status.error}`);
    if (status.finishedAt) {
      const seconds = (status.finishedAt.getTime() - status.requestedAt.getTime()) / 1_000;
      return { data: { projection, ...status }, text: `${projection} was built anew in ${duration(seconds)}.` };
    }
    await sleep(250);
  }
}

export async function jobs(on: Installation, only: string | undefined, state: JobState | undefined): Promise<Answer> {
  const all = (
    await Promise.all(
      on.contexts(only).map(async (context) => (await listJobs(on.databaseOf(context), { state })).map((job) => ({ context, ...job }))),
    )
  ).flat();
  const text =
    all.length === 0
      ? 'There are no such jobs.'
      : table(
          ['JOB', 'CONTEXT', 'QUEUE', 'STATE', 'ATTEMPTS', 'SINCE', 'BEGUN', 'LAST ERROR'],
          all.map(({ id, context, queue, state: now, attempts, createdAt, startedAt, error }) => [
            ...[id, context, queue, now, attempts],
            ...[createdAt, startedAt, error],
          ]),
        );
  return { data: all, text };
}

export async function rerun(on: Installation, id: string, operator: Operator): Promise<Answer> {
  const job = await inItsContext(on, id, (context) => rerunJob(on.databaseOf(context), id, operator));
  return { data: job, text: `Job ${id} of ${job.queue} is queued for one more attempt.` };
}

export async function cancel(on: Installation, id: string, operator: Operator): Promise<Answer> {
  const job = await inItsContext(on, id, (context) => cancelJob(on.databaseOf(context), id, operator));
  return { data: job, text: `Job ${id} of ${job.queue} is cancelled; if it runs, it ends within 5 s and has no effect.` };
}

async function inItsContext(on: Installation, id: string, work: (context: string) => Promise<JobStatus>): Promise<JobStatus> {
  for (const context of on.contexts()) if (await findJob(on.databaseOf(context), id)) return work(context);
  throw new OperationRefused(`There is no job ${id}; npm run ops -- jobs lists them.`);
}

export async function log(on: Installation, only?: string): Promise<Answer> {
  const all = (
    await Promise.all(
      on.contexts(only).map(async (context) => (await listOperations(on.databaseOf(context))).map((one) => ({ context, ...one }))),
    )
  )
    .flat()
    .sort((a, b) => b.at.getTime() - a.at.getTime());
  const text = table(
    ['WHEN', 'CONTEXT', 'WHO', 'DID', 'TO', 'WHY'],
    all.map(({ at, context, operator, action, target, why }) => [at, context, operator, action, target, why]),
  );
  return { data: all, text };
}

export async function newEpoch(on: Installation, only: string | undefined, operator: Operator): Promise<Answer> {
  const contexts = on.contexts(only);
  for (const context of contexts) await changeEpoch(on.databaseOf(context), operator);
  return {
    data: { contexts },
    text: `New epoch in ${contexts.join(', ')}: restart these services; cursors from before are refused with RESUME_EXPIRED.`,
  };
}

export async function promote(on: Installation, address: string, role: string, operator: Operator): Promise<Answer> {
  const done = await promoteUser(on.databaseOf('identity'), address, role, operator);
  const changed = done.role !== done.previousRole;
  const text = changed
    ? `${address} is ${done.role} now (before: ${done.previousRole}); it shows in the next access token, ten minutes from now at most.`
    : `${address} is ${done.role} already.`;
  const next = changed && done.role === 'super-admin' ? ' To give roles, a super-admin needs a second factor: beginSecondFactor.' : '';
  return { data: done, text: `${text}${next}` };
}

/** Each context numbers its own: `story/12`. */
function parkedId(given: string): { context: string; id: string } {
  const [, context, id] = /^([a-z]+)\/(\d+)$/.exec(given) ?? [];
  if (!context || !id) throw new OperationRefused(`${given} is no id of a parked event; they look like story/12, and parked lists them.`);
  return { context, id };
}
