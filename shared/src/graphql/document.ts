import {
  coerceInputValue,
  type DocumentNode,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  print,
  specifiedRules,
  typeFromAST,
  type VariableDefinitionNode,
  validate,
} from 'graphql';

/** The checks between a document's text and its execution, the same for every transport. Each returns errors and throws none. */

/** The schema can be asked about outside production only; neither do suggestions tell its names there. */
export function documentErrors(schema: GraphQLSchema, document: DocumentNode, production: boolean): readonly GraphQLError[] {
  const rules = production ? [...specifiedRules, NoSchemaIntrospectionCustomRule] : specifiedRules;
  try {
    return validate(schema, document, rules, { maxErrors: 10, hideSuggestions: production }).map((error) =>
      withCode(error, 'GRAPHQL_VALIDATION_FAILED'),
    );
  } catch (error) {
    // graphql 16.15.0 throws on `subscription ($x: Boolean!) { field @include(if: $x) }` instead of reporting it.
    return [withCode(error instanceof GraphQLError ? error : new GraphQLError('The document is not valid.'), 'GRAPHQL_VALIDATION_FAILED')];
  }
}

export function operationOf(document: DocumentNode, operationName: string | null | undefined): OperationDefinitionNode | GraphQLError {
  const operation = getOperationAST(document, operationName);
  if (operation) return operation;
  const message = operationName
    ? 'The document has no operation of this name; check operationName.'
    : 'The document has several operations; say in operationName which one to run.';
  return withCode(new GraphQLError(message), 'OPERATION_RESOLUTION_FAILURE');
}

export function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, { nodes, source, positions, extensions: { code } });
}

/**
 * Checks variables against their declared types and tells where a value is wrong, never what it is: graphql-js echoes it.
 * Run before execution (Apollo Server leaves it out when a gateway executes). At most `limit` errors.
 */
export function variableErrors(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  limit = 5,
): GraphQLError[] {
  const errors: GraphQLError[] = [];
  const report = (message: string, node: VariableDefinitionNode, field: string) => {
    const extensions = { code: 'BAD_USER_INPUT', kind: 'BAD_USER_INPUT', field, http: { status: 400 } };
    if (errors.length < limit) errors.push(new GraphQLError(message, { nodes: node, extensions }));
  };
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const written = print(definition.type);
    const type = typeFromAST(schema, definition.type) as GraphQLInputType | undefined;
    if (!type) continue;
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value === undefined) {
      if (definition.type.kind === Kind.NON_NULL_TYPE && !definition.defaultValue)
        report(`The variable $${name} of type ${written} is missing.`, definition, name);
      continue;
    }
    if (value === null) {
      if (definition.type.kind === Kind.NON_NULL_TYPE)
        report(`The variable $${name} of type ${written} must not be null.`, definition, name);
      continue;
    }
    coerceInputValue(value, type, (path, _value, error) => {
      const at = [name, ...path].map((step, index) => (typeof step === 'number' ? `[${step}]` : index ? `.${step}` : step)).join('');
      report(`The variable $${at} ${wrongBecause(error.message)}.`, definition, at);
    });
  }
  return errors;
}

/** The reason in graphql-js's words where these name only the schema; otherwise without them. */
function wrongBecause(message: string): string {
  const missing = /^Field "(\w+)" of required type "([^"]+)" was not provided/.exec(message);
  if (missing) return `lacks the field ${missing[1]} of type ${missing[2]}`;
  const unknown = /^Field "\w+" is not defined by type "(\w+)"/.exec(message);
  if (unknown) return `has a field that the type ${unknown[1]} does not define`;
  const expected =
    /^Expected (?:non-nullable )?(?:value of )?type "([^"]+)"/.exec(message)?.[1] ??
    /in "([^"]+)" enum/.exec(message)?.[1] ??
    /^Enum "([^"]+)"/.exec(message)?.[1] ??
    /^(\w+) cannot represent/.exec(message)?.[1];
  return expected ? `is not a value of type ${expected}` : 'is not of the expected type';
}
