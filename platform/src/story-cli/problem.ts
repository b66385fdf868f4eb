/** What a person can mend: said in one sentence, without a stack. */
export class Problem extends Error {}
