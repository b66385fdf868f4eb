// A real Apache Kafka for tests and for one machine without Docker: its own jars from Maven Central, one node in KRaft mode. Serves some 3 s
// after start(); takes 360 to 400 MB. Needs a Java of version 17 or newer, and Maven for the first time.
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const pom = join(here, 'pom.xml');
const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(readFileSync(pom, 'utf8'))?.[1];
/** Outside of node_modules by KAFKA_CACHE_DIR: a machine that tests often need not fetch 44 MB after each `npm ci`. */
const cache = process.env.KAFKA_CACHE_DIR ?? fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
const libs = join(cache, `kafka-${version}`);
const temporary = join(tmpdir(), 'storytelling-kafka-');

/** What is missing to run a broker, as one sentence that says how to get it; undefined when nothing is. */
export function whatIsMissing() {
  if (spawnSync('java', ['-version']).error)
    return 'Kafka needs Java 17 or newer: install a JRE (Debian: apt install default-jre-headless maven).';
  if (!existsSync(libs) && spawnSync(maven(), ['--version'], { shell: onWindows }).error)
    return 'Kafka’s jars are fetched by Maven, which is not installed (Debian: apt install maven).';
  return undefined;
}

/**
 * Formats a folder and starts a broker on it. The folder is a new temporary one, and goes with the broker, unless `folder` names one to keep.
 * Every method resolves when it has come to pass. With `account`, the broker also has listeners that let only that account in.
 *
 * @param {{ port?: number, folder?: string, settings?: Record<string, string | number>, account?: { username: string, password: string } }} [options]
 */
export async function startKafka({ port, folder: kept, settings: given = {}, account } = {}) {
  const missing = whatIsMissing();
  if (missing) throw new Error(missing);
  await fetchJars();
  removeLeftBehind();
  const folder = kept ?? mkdtempSync(temporary);
  mkdirSync(folder, { recursive: true });
  const [clientPort, controllerPort] = [port ?? (await freePort()), await freePort()];
  const guarded = account && (await guardedListeners(folder, clientPort, controllerPort, account));
  const settings = { ...guarded?.settings, ...given };
  const properties = join(folder, 'server.properties');
  let child;

  const configure = (more) => {
    const lines = Object.entries({ ...defaults(folder, clientPort, controllerPort), ...more }).map(([name, value]) => `${name}=${value}`);
    writeFileSync(properties, `${lines.join('\n')}\n`);
  };
  configure(settings);
  if (!existsSync(join(folder, 'data', 'meta.properties'))) {
    const id = randomBytes(16).toString('base64url').replace(/^-/, 'A'); // a leading dash would be read as an option
    const tool = [...options('64m'), 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties];
    // PLAIN asks the settings, SCRAM the cluster's own records.
    if (account) tool.push('--add-scram', `SCRAM-SHA-512=[name=${account.username},password=${account.password}]`);
    execFileSync('java', tool, { stdio: 'pipe' });
  }

  async function start() {
    child = spawn('java', [...options('512m'), 'kafka.Kafka', properties], { stdio: ['ignore', 'pipe', 'pipe'] });
    writeFileSync(join(folder, 'processes'), `${process.pid} ${child.pid}`);
    const log = createWriteStream(join(folder, 'broker.log'), { flags: 'a' });
    let output = '';
    await new Promise((resolve, reject) => {
      const read = (chunk) => {
        log.write(chunk);
        output = (output + chunk).slice(-4_000);
        if (output.includes('Kafka Server started')) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        log.end();
        reject(new Error(`The broker ended with ${code ?? signal} before it served:\n${output}`));
      });
    });
  }

  async function end(signal) {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill(signal);
    await ended;
  }

  // kill -9 of this process leaves the broker to removeLeftBehind.
  const killAtExit = () => child?.kill('SIGKILL');
  process.once('exit', killAtExit);
  try {
    await start();
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }

  return {
    /** Value of EVENT_BUS_URL. */
    url: `kafka://127.0.0.1:${clientPort}`,
    folder,
    /** With `account`: the listeners that ask for it, and the certificate (PEM) of the one with TLS. */
    guarded: guarded?.reached,
    /** kill -9: nothing is written, nobody is told. */
    kill: () => end('SIGKILL'),
    /** After kill(), on the same port and data; with other settings if told. */
    async restart(more = {}) {
      await end('SIGKILL');
      configure({ ...settings, ...more });
      await start();
    },
    /** SIGSTOP: sockets stay open, what is sent is read after thaw(). */
    freeze() {
      child.kill('SIGSTOP');
      // Its threads stop one after the other, and until the last has, an answer may still go out.
      const end = Date.now() + 2_000;
      while (!isStopped(child.pid) && Date.now() < end);
    },
    thaw: () => child.kill('SIGCONT'),
    /** Shuts down; resolves also when the broker has ended by itself. */
    async stop() {
      process.off('exit', killAtExit);
      // A temporary folder goes anyway: an orderly end would take 2 s to write what nobody reads.
      await end(kept ? 'SIGTERM' : 'SIGKILL');
      if (!kept) rmSync(folder, { recursive: true, force: true });
    },
  };
}

const onWindows = process.platform === 'win32';
const maven = () => (onWindows ? 'mvn.cmd' : 'mvn');

/** 44 MB on first use. Into a folder of its own first, so that an interrupted run does not look complete; whoever else does the same may be first. */
export async function fetchJars() {
  if (existsSync(libs)) return;
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(`${libs}-`);
  try {
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`];
    await promisify(execFile)(maven(), ['-B', '-q', '-f', pom, ...goal], { shell: onWindows });
    renameSync(unfinished, libs);
  } catch (error) {
    if (!existsSync(libs)) throw new Error(`Maven could not fetch Kafka ${version}: ${String(error.stdout || error).trim()}`);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Brokers whose starter was killed: their folders name both processes. */
function removeLeftBehind() {
  for (const name of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (!folder.startsWith(temporary)) continue;
    try {
      const [owner, broker] = readFileSync(join(folder, 'processes'), 'utf8').split(' ').map(Number);
      if (isAlive(owner)) continue;
      // The number may be another process's by now.
      if (execFileSync('ps', ['-o', 'args=', '-p', String(broker)], { encoding: 'utf8' }).includes(folder)) process.kill(broker, 'SIGKILL');
    } catch (error) {
      // Just being made by another run: it has not named its processes yet. Anything else: the broker has ended.
      if (error.code === 'ENOENT') continue;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

const options = (heap) => [
  `-Xmx${heap}`,
  // Ready in half the time, and one core is enough for tests.
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  `-Dlog4j2.configurationFile=${join(here, 'log4j2.properties')}`,
  '-cp',
  join(libs, '*'),
];

/** One node that is broker and controller. Topics are made by who needs them, with the settings they need. */
const defaults = (folder, port, controllerPort) => ({
  'process.roles': 'broker,controller',
  'node.id': 1,
  'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
  listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
  'controller.listener.names': 'CONTROLLER',
  'log.dirs': join(folder, 'data').replaceAll('\\', '/'),
  'auto.create.topics.enable': false,
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 4,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  // Waiting for more members of a group costs 3 s at each first subscription.
  'group.initial.rebalance.delay.ms': 0,
  // A broker that was killed may only come back when its session is over; the default is 9 s.
  'broker.session.timeout.ms': 1_000,
  'broker.heartbeat.interval.ms': 200,
  'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
});

/** TLS with PLAIN or SCRAM-SHA-512, and SCRAM-SHA-512 without TLS. */
async function guardedListeners(folder, port, controllerPort, { username, password }) {
  const [tlsPort, saslPort] = [await freePort(), await freePort()];
  const store = ['-keystore', join(folder, 'keystore.p12'), '-storepass', 'not a secret', '-alias', 'broker'];
  // For the name alone: who asks for 127.0.0.1 finds a certificate of somebody else.
  const subject = ['-dname', 'CN=localhost', '-ext', 'san=dns:localhost', '-keyalg', 'EC', '-groupname', 'secp256r1'];
  execFileSync('keytool', ['-genkeypair', '-storetype', 'PKCS12', ...store, ...subject, '-validity', '7'], { stdio: 'pipe' });
  const certificate = execFileSync('keytool', ['-exportcert', '-rfc', ...store], { encoding: 'utf8', stdio: 'pipe' });
  const security = 'org.apache.kafka.common.security';
  const scram = `${security}.scram.ScramLoginModule required;`;
  return {
    reached: { tls: `kafka://localhost:${tlsPort}`, sasl: `kafka://127.0.0.1:${saslPort}`, certificate },
    settings: {
      listeners: [
        `PLAINTEXT://127.0.0.1:${port}`,
        `SASL_SSL://127.0.0.1:${tlsPort}`,
        `SASL_PLAINTEXT://127.0.0.1:${saslPort}`,
        `CONTROLLER://127.0.0.1:${controllerPort}`,
      ],
      'advertised.listeners': [
        `PLAINTEXT://127.0.0.1:${port}`,
        `SASL_SSL://localhost:${tlsPort}`,
        `SASL_PLAINTEXT://127.0.0.1:${saslPort}`,
      ],
      'listener.security.protocol.map': ['PLAINTEXT', 'SASL_SSL', 'SASL_PLAINTEXT', 'CONTROLLER:PLAINTEXT'].map((one) =>
        one.includes(':') ? one : `${one}:${one}`,
      ),
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required user_${username}="${password}";`,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': scram,
      'listener.name.sasl_plaintext.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config': scram,
      'ssl.keystore.type': 'PKCS12',
      'ssl.keystore.location': join(folder, 'keystore.p12').replaceAll('\\', '/'),
      'ssl.keystore.password': 'not a secret',
    },
  };
}

/** On 127.0.0.1, taken by nobody now. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Every thread of it; where there is no /proc, the signal has to do. */
function isStopped(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.every((thread) => / [Tt] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').replace(/^.*\)/s, '')));
  } catch {
    return true;
  }
}
