import type { KnownStories, KnownScript, StoryFacts } from '../domain/story-facts.js';
import type { PrismaClient } from '../generated/prisma/client.js';

export function prismaStories(client: PrismaClient): KnownStories {
  return {
    async find(id) {
      const record = await client.storyFactsRecord.findUnique({ where: { id } });
      if (!record) return undefined;
      return { ...record, script: record.script as KnownScript | null, state: record.state as StoryFacts['state'] };
    },
  };
}
