import { SettingError } from './environment.js';

/** Where the brokers are and how topics are made there, read from settings. */
export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly ssl: boolean;
  readonly sasl?: { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string };
  readonly partitions: number;
  /** Undefined: the cluster's own default, which its operator has chosen. */
  readonly replication: number | undefined;
}

const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
type SaslMechanism = (typeof saslMechanisms)[number];

const form = 'kafka://host:9092[,host2:9092][?ssl=true&sasl=scram-sha-512]';

/**
 * `kafka://host:9092[,host2:9092][?ssl=true&sasl=scram-sha-512]`. Name and password come from the environment: a URL ends up in logs and
 * process lists. A private CA: NODE_EXTRA_CA_CERTS.
 */
export function kafkaSettings({
  EVENT_BUS_URL: url,
  KAFKA_USERNAME: username,
  KAFKA_PASSWORD: password,
  KAFKA_PARTITIONS: partitions,
  KAFKA_REPLICATION: replication,
}: {
  EVENT_BUS_URL: string;
  KAFKA_USERNAME?: string | undefined;
  KAFKA_PASSWORD?: string | undefined;
  KAFKA_PARTITIONS: number;
  KAFKA_REPLICATION?: number | undefined;
}): KafkaSettings {
  // By hand: the URL of the standard knows one host.
  const [, hosts = '', query = ''] = /^kafka:\/\/([^/?#]*)\/?(?:\?([^#]*))?$/.exec(url) ?? [];
  if (hosts.includes('@')) throw wrong('keep the name and the password out of it, in KAFKA_USERNAME and KAFKA_PASSWORD');
  const brokers = hosts.split(',');
  if (!brokers.every(isAddress)) throw wrong(`it has the form ${form}`);
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) if (name !== 'ssl' && name !== 'sasl') throw wrong(`it knows the parameters ssl and sasl only`);
  const ssl = parameters.get('ssl') ?? 'false';
  if (ssl !== 'true' && ssl !== 'false') throw wrong('ssl is true or false');
  const named = parameters.get('sasl');
  const mechanism = saslMechanisms.find((one) => one === named);
  if (named !== null && !mechanism) throw wrong(`sasl is one of ${saslMechanisms.join(', ')}`);
  if (mechanism === 'plain' && ssl !== 'true') throw wrong('sasl=plain sends the password as it is: it needs ssl=true');
  if (mechanism && !(username && password)) throw new SettingError(`The setting KAFKA_${username ? 'PASSWORD' : 'USERNAME'} is missing.`);
  return {
    brokers,
    ssl: ssl === 'true',
    ...(mechanism && username && password && { sasl: { mechanism, username, password } }),
    partitions,
    replication,
  };
}

function isAddress(broker: string): boolean {
  const port = /^(?:[\w.-]+|\[[\da-fA-F:]+\]):(\d{1,5})$/.exec(broker)?.[1];
  return port !== undefined && Number(port) > 0 && Number(port) < 65_536;
}

const wrong = (why: string) => new SettingError(`The setting EVENT_BUS_URL is wrong: ${why}.`);
