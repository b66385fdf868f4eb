import { Field, ObjectType } from 'type-graphql';

@ObjectType('HighlightPart', { description: 'A stretch of plain text, as the writer wrote it: escape it as any other text.' })
export class HighlightPartType {
  @Field(() => String, { description: 'The text.' })
  text!: string;

  @Field(() => Boolean, { description: 'Whether it is one of the words that were searched.' })
  isMatch!: boolean;
}

@ObjectType('SearchMatch', { description: 'Where a search found its words in a story.' })
export class SearchMatchType {
  @Field(() => [HighlightPartType], { description: 'The whole title, part after part.' })
  titleHighlight!: readonly HighlightPartType[];

  @Field(() => [HighlightPartType], { description: 'One or two places of the text, or its beginning if the words are in the title only.' })
  excerpt!: readonly HighlightPartType[];
}
