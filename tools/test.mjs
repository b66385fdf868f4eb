// `npm test`: everything that can be wrong, in one command, which goes on after a failure and ends with one line of numbers.
// It starts on any Node ≥ 20 without node_modules; what it runs comes from the scripts of package.json, on the packaged Node 24.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fetchJars, whatIsMissing } from './kafka/broker.mjs';
import { ensureBuilt, ensureInstalled, node24, PreparationError, root, toolEnvironment } from './prepare.mjs';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const reports = mkdtempSync(join(tmpdir(), 'storytelling-test-'));
const running = new Set();
const total = { passed: 0, failed: 0, skipped: 0 };
const timeLimit = 480_000;

const check = (name, script) => ({ name, command: scripts[script], judge: (ended) => judgeCheck(ended) });

function tests(name, script, workers) {
  const file = join(reports, `${name}.json`);
  const command = `${scripts[script]} --ci --maxWorkers=${workers} --json --outputFile="${file}"`;
  return { name, command, judge: (ended) => judgeTests(ended, file) };
}

// The linter is the longest check and uses one core; the others fit beside it. Then the tests, kind by kind: pure rules keep a core busy per
// file; with a database or a fleet, three files at a time wait for each other on two cores less than for what was killed to be taken over.
const phases = [
  [
    [check('lint', 'lint')],
    [
      check('formatting', 'format:check'),
      check('types', 'check:types'),
      check('imports', 'check:imports'),
      check('dead code', 'check:dead-code'),
      check('schema', 'check:schema'),
    ],
  ],
  [[tests('unit', 'test:unit', 2), tests('int', 'test:int', 3), tests('e2e', 'test:e2e', 3)]],
];

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const group of running) stop(group);
    rmSync(reports, { recursive: true, force: true });
    process.exit(1);
  });
}

try {
  await ensureInstalled();
  node24(); // or one sentence that says what to do
  await Promise.all([build(), fetchKafka()]);
  for (const lanes of phases) {
    await Promise.all(
      lanes.map(async (steps) => {
        for (const step of steps) await run(step);
      }),
    );
  }
} catch (error) {
  console.error(error instanceof PreparationError ? error.message : error);
  total.failed += 1;
} finally {
  rmSync(reports, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** Most checks read the sources: they still have something to say when the build fails. */
async function build() {
  try {
    await ensureBuilt();
    total.passed += 1;
  } catch (error) {
    if (!(error instanceof PreparationError)) throw error;
    console.log(`${error.message}\n`);
    total.failed += 1;
  }
}

/** Meanwhile, and once for all tests, which say themselves what is missing or did not come. */
async function fetchKafka() {
  if (!whatIsMissing()) await fetchJars().catch(() => undefined);
}

async function run({ name, command, judge }) {
  const began = Date.now();
  const ended = await execute(command);
  const { passed, failed, skipped, details } = judge(ended);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  const counts = passed + failed + skipped > 1 ? `${passed} passed, ${failed} failed, ${skipped} skipped` : '';
  console.log(`${failed > 0 ? 'FAILED' : 'ok    '}  ${name.padEnd(10)} ${seconds(began).padStart(7)}  ${counts}`.trimEnd());
  for (const [line] of ended.output.matchAll(/^SKIPPED: .*$/gm)) console.log(`\n${line}\n`);
  if (failed > 0) console.log(`\n${details.trim()}\n`);
}

/** Runs a command in a process group of its own, which has to be empty when it ends. */
async function execute(command) {
  let output = '';
  let timedOut = false;
  const child = spawn(command, { cwd: root, env: toolEnvironment(), shell: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child.pid);
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const timer = setTimeout(() => {
    timedOut = true;
    stop(child.pid);
  }, timeLimit);
  // A process that was left behind holds the pipes open: `close` comes after it is stopped.
  const closed = new Promise((resolve) => child.once('close', resolve));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  const left = await leftBehind(child.pid);
  stop(child.pid);
  await closed;
  running.delete(child.pid);
  if (!output.trim()) output = `It said nothing and ended with ${code ?? 'a signal'}.`;
  if (timedOut) output += `\nIt had not ended after ${timeLimit / 1000} s and was stopped.`;
  if (left.length > 0) output += `\nProcesses were left behind, and were stopped:\n${left.join('\n')}`;
  return { code: timedOut || left.length > 0 ? 1 : code, output };
}

function judgeCheck({ code, output }) {
  return code === 0 ? { passed: 1, failed: 0, skipped: 0, details: '' } : { passed: 0, failed: 1, skipped: 0, details: output };
}

function judgeTests({ code, output }, file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0, details: output };
  }
  const broken = report.testResults.filter((suite) => suite.status === 'failed');
  const details = broken.map((suite) => `${relative(root, suite.name)}\n${suite.message}`);
  // A file that could not be run has no failed test in it, and counts as one.
  let failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  if (failed === 0 && (code !== 0 || report.numPassedTests === 0)) {
    failed = 1;
    details.push(report.numPassedTests === 0 ? `No test has run.\n${output}` : output);
  }
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests, details: details.join('\n\n') };
}

/** Processes of the group that are still alive a second after their leader. Zombies are nobody's: a container may have no init to reap them. */
async function leftBehind(group) {
  for (let attempt = 0; ; attempt += 1) {
    let left = [];
    try {
      const lines = execFileSync('ps', ['-eo', 'pgid=,pid=,stat=,args='], { encoding: 'utf8' }).split('\n');
      left = lines.filter((line) => Number.parseInt(line, 10) === group && !/^\s*\d+\s+\d+\s+Z/.test(line));
    } catch {
      // No ps here (Windows, a bare container): the tests count without this check.
    }
    if (left.length === 0 || attempt === 5) return left;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function stop(group) {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function seconds(began) {
  return `${((Date.now() - began) / 1000).toFixed(1)} s`;
}
