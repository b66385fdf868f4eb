import { describe, expect, it } from '@jest/globals';
import { SettingError } from './environment.js';
import { kafkaSettings } from './kafka-settings.js';

const read = (url: string, more = {}) => kafkaSettings({ EVENT_BUS_URL: url, KAFKA_PARTITIONS: 12, ...more });

describe('EVENT_BUS_URL for Kafka', () => {
  it('names one broker or several', () => {
    expect(read('kafka://localhost:9092')).toEqual({ brokers: ['localhost:9092'], ssl: false, partitions: 12, replication: undefined });
    expect(read('kafka://a.b:9092,c-d:9093,[::1]:9094?ssl=true')).toMatchObject({
      brokers: ['a.b:9092', 'c-d:9093', '[::1]:9094'],
      ssl: true,
    });
  });
  it('says how to authenticate; the environment says as whom', () => {
    const sasl = { mechanism: 'scram-sha-512', username: 'story', password: 'hunter2' };
    expect(read('kafka://a:1?sasl=scram-sha-512', { KAFKA_USERNAME: 'story', KAFKA_PASSWORD: 'hunter2' })).toMatchObject({ sasl });
  });
  it.each([
    ['kafka://', /has the form kafka:/],
    ['kafka://host', /has the form kafka:/],
    ['kafka://host:99999', /has the form kafka:/],
    ['kafka://host:9092,', /has the form kafka:/],
    ['kafka://host:9092?tls=1', /knows the parameters ssl and sasl/],
    ['kafka://host:9092?ssl=yes', /ssl is true or false/],
    ['kafka://host:9092?sasl=kerberos', /sasl is one of plain, scram-sha-256, scram-sha-512/],
    ['kafka://host:9092?sasl=plain', /needs ssl=true/],
    ['kafka://host:9092?sasl=scram-sha-256', /^The setting KAFKA_USERNAME is missing\.$/],
  ])('%s is refused in one sentence', (url, sentence) => {
    expect(() => read(url)).toThrow(SettingError);
    expect(() => read(url)).toThrow(sentence);
  });
  it('holds no password, and a refusal does not repeat one', () => {
    expect(() => read('kafka://me:hunter2@host:9092')).toThrow(/^(?!.*hunter2).*KAFKA_PASSWORD/);
  });
});
