import { type Connection, connectionOf, PageArgs, pageOf } from '@storytelling/shared/graphql/connection';
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { EditionView } from '../infrastructure/edition-queries.js';
import type { StoryView } from '../infrastructure/story-queries.js';
import type { StoryGraph } from './context.js';
import { StoryVersionConnection, StoryVersionType } from './edition.type.js';
import { StoryType } from './story.type.js';

const versionKey = (key: unknown) => (Number.isSafeInteger(key) && Number(key) > 0 && Number(key) < 2 ** 31 ? Number(key) : undefined);

@Resolver(() => StoryType)
export class EditionsResolver {
  @FieldResolver(() => StoryVersionConnection, {
    description: 'Its editions, newest first: all of them for the author and moderators, the published one for readers.',
  })
  async versions(
    @Root() story: StoryView,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() { load }: StoryGraph,
  ): Promise<Connection<EditionView>> {
    const page = pageOf(args, versionKey);
    return connectionOf(page, await load.editions(story, page), ({ version }) => version);
  }
}

@Resolver(() => StoryVersionType)
export class EditionResolver {
  @FieldResolver(() => String, { description: 'The text of that edition.' })
  content(@Root() edition: EditionView, @Ctx() { load }: StoryGraph): Promise<string> {
    return load.contentOfEdition.load(edition);
  }
}
