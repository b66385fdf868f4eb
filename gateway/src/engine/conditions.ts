import {
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  valueFromASTUntyped,
  visit,
} from 'graphql';

/** The value of a variable that decides over @skip or @include. */
export type Condition = (variable: string) => boolean;

const decides = ({ name }: DirectiveNode) => name.value === 'skip' || name.value === 'include';

export const isConditional = ({ directives = [] }: SelectionNode) => directives.some(decides);

export function isIncluded({ directives = [] }: SelectionNode, condition: Condition): boolean {
  return directives.filter(decides).every(({ name, arguments: [argument] = [] }) => {
    const value = argument?.value;
    const holds = value?.kind === Kind.VARIABLE ? condition(value.name.value) : value?.kind === Kind.BOOLEAN && value.value;
    return holds === (name.value === 'include');
  });
}

/** Variables that decide over @skip and @include, with their defaults. */
export function conditionsOf(document: DocumentNode, operation: OperationDefinitionNode): Map<string, unknown> {
  const defaults = new Map(
    (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [
      variable.name.value,
      defaultValue ? valueFromASTUntyped(defaultValue) : undefined,
    ]),
  );
  const conditions = new Map<string, unknown>();
  visit(document, {
    Directive(directive) {
      if (!decides(directive)) return;
      for (const { value } of directive.arguments ?? [])
        if (value.kind === Kind.VARIABLE) conditions.set(value.name.value, defaults.get(value.name.value));
    },
  });
  return conditions;
}
