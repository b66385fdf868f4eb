import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Refusal } from '@storytelling/shared/value-objects/refusal';
import { SettingError } from '@storytelling/shared/infrastructure/environment';
import { type JobState, jobStates } from '@storytelling/shared/infrastructure/job-operations';
import { OperationRefused, type Operator } from '@storytelling/shared/infrastructure/operation-log';
import { backUp } from './backup.js';
import {
  type Answer,
  cancel,
  discardOne,
  jobs,
  lag,
  log,
  newEpoch,
  parked,
  promote,
  rebuild,
  redriveSome,
  rerun,
  show,
} from './commands.js';
import { openInstallation } from './installation.js';
import { restore } from './restore.js';

// `npm run ops -- COMMAND`: what the person on call sees and does (docs/operations.md).

const help = `npm run ops -- COMMAND [--json] [--by WHO] [--why "…"]

  lag                               what waits: outbox, consumer groups, parked events, jobs
  parked [--context C]              streams that wait because an event could not be handled
  show ID                           a parked event with all that came (it may hold personal data)
  redrive ID | redrive --stream S   try a parked sequence again, in order
  discard ID --why "…"              give one parked event up, for good; the next of its stream is tried
  rebuild [PROJECTION]              build a projection anew while the old one serves; without a name: list them
  jobs [--context C] [--state S]    jobs that are not completed; S: ${jobStates.join(', ')}
  rerun JOB                         one more attempt for a job that failed or was cancelled
  cancel JOB --why "…"              end a job that waits or runs
  log [--context C]                 what operators have done, and why
  backup TO                         all databases and keys, of a running or a stopped platform, into a new folder
  restore FROM [--force]            put a backup into DATA_DIR; --force moves what is there aside
  promote EMAIL ROLE                give an account a role: super-admin to the first one; works on a stopped platform, too
  new-epoch [--context C]           after a context's database was restored by other means than restore

They work on the platform that runs on DATA_DIR (./.data), or on DATABASE_URL_<CONTEXT> and EVENT_BUS_URL.`;

const options = {
  json: { type: 'boolean', default: false },
  by: { type: 'string' },
  why: { type: 'string' },
  context: { type: 'string' },
  stream: { type: 'string' },
  state: { type: 'string' },
  force: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

async function answerTo(args: readonly string[]): Promise<{ answer: Answer; json: boolean }> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [command, target, ...rest] = positionals;
  const [role] = command === 'promote' ? rest.splice(0, 1) : [];
  const { json, context } = values;
  if (values.help || command === undefined) return { answer: { data: help, text: help }, json: false };
  if (rest.length > 0) throw new OperationRefused(`${command} takes one name; put what has spaces into quotes.`);

  const operator = (): Operator => ({ operator: (values.by ?? userInfo().username).slice(0, 100), why: values.why ?? 'not said' });
  const withReason = (): Operator => {
    if (!values.why?.trim()) throw new OperationRefused(`Say why: ${command} ${target ?? ''} --why "…".`);
    return operator();
  };
  const named = (what: string): string => {
    if (!target) throw new OperationRefused(`${command} which ${what}? npm run ops -- ${command} ${what}.`);
    return target;
  };
  // npm runs scripts in the project's folder; INIT_CWD is where the person is.
  const path = () => resolve(process.env.INIT_CWD ?? '.', named('folder'));

  if (command === 'backup') return { answer: await backUp(process.env, path(), operator()), json };
  if (command === 'restore') return { answer: await restore(process.env, path(), operator(), values.force), json };

  const run = {
    lag,
    parked: (on) => parked(on, context),
    show: (on) => show(on, named('ID')),
    redrive: (on) => redriveSome(on, values.stream === undefined ? { id: named('ID') } : { stream: values.stream }, operator()),
    discard: (on) => discardOne(on, named('ID'), withReason()),
    rebuild: (on) => rebuild(on, target, operator()),
    jobs: (on) => jobs(on, context, stateOf(values.state)),
    rerun: (on) => rerun(on, named('JOB'), operator()),
    cancel: (on) => cancel(on, named('JOB'), withReason()),
    log: (on) => log(on, context),
    promote: (on) => {
      if (!target || !role) throw new OperationRefused('Whom, to what? npm run promote -- EMAIL ROLE.');
      return promote(on, target, role, operator());
    },
    'new-epoch': (on) => newEpoch(on, context, operator()),
  } satisfies Record<string, (on: Awaited<ReturnType<typeof openInstallation>>) => Promise<Answer>>;
  if (!Object.hasOwn(run, command)) throw new OperationRefused(`There is no command ${command}; npm run ops lists them.`);

  const installation = await openInstallation(process.env, { evenStopped: command === 'promote' });
  try {
    return { answer: await run[command as keyof typeof run](installation), json };
  } finally {
    await installation.close();
  }
}

function stateOf(given: string | undefined): JobState | undefined {
  const state = jobStates.find((one) => one === given);
  if (given !== undefined && !state) throw new OperationRefused(`No job is ever ${given}; --state is one of ${jobStates.join(', ')}.`);
  return state;
}

/** One sentence for what a person can mend; undefined for what is our fault. */
function sentenceOf(error: unknown): string | undefined {
  if (error instanceof OperationRefused || error instanceof SettingError || error instanceof Refusal) return error.message;
  const { code = '', message, path } = error as NodeJS.ErrnoException;
  if (code.startsWith('ERR_PARSE_ARGS')) return message;
  if (code === 'EACCES' || code === 'EPERM') return `${path} may not be read or written by this user: be the one who runs the platform.`;
  if (['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET'].includes(code) || message.includes('connection timeout'))
    return `A database cannot be reached (${code || 'no answer'}): look whether it runs and whether its address is right.`;
  if (code === '28P01' || code === '28000' || code === '3D000')
    return `A database refuses (${code}): its address, name or password is wrong.`;
  if (['42P01', '3F000', 'P2021', 'P2022'].includes(code))
    return 'A database has no tables of ours, or older ones: the service that owns it has to start once.';
  return undefined;
}

try {
  const { answer, json } = await answerTo(process.argv.slice(2));
  console.log(json ? JSON.stringify(answer.data, null, 2) : answer.text);
} catch (error) {
  console.error(sentenceOf(error) ?? error);
  process.exitCode = 1;
}
