import { openPool } from './database.js';
import { embeddedLogUrl } from './embedded-log.js';
import type { EventBusSettings } from './environment.js';
import { kafkaLag } from './kafka-lag.js';
import { kafkaSettings } from './kafka-settings.js';

/** How far a consumer group is behind in one partition. */
export interface GroupLag {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Of the next event that it reads. */
  readonly offset: string;
  readonly events: number;
}

export interface GroupLags {
  read(): Promise<GroupLag[]>;
  close(): Promise<void>;
}

/** The lag of all groups of the event bus, read without taking part in it: nothing is made, joined or migrated. */
export function groupLags(settings: EventBusSettings, databaseUrl: string): GroupLags {
  const { EVENT_BUS_URL: url } = settings;
  if (!url.startsWith('embedded:')) {
    const kafka = kafkaSettings(settings);
    return { read: () => kafkaLag(kafka), close: async () => undefined };
  }
  const pool = openPool({ connectionString: embeddedLogUrl(url, databaseUrl), max: 1, statement_timeout: 5_000 });
  return {
    async read() {
      const { rows } = await pool.query<GroupLag>(
        `SELECT g.consumer_group AS "group", topic, "partition", g.next_offset AS "offset", (p.next_offset - g.next_offset)::float8 AS events
         FROM group_offset g JOIN log_partition p USING (topic, "partition") ORDER BY 1, 2, 3`,
      );
      return rows;
    },
    close: () => pool.end(),
  };
}
