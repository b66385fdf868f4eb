import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql';

/** What a schema knows of its types: the supergraph's, those that clients do not see included, or the clients' own. */
export interface Types {
  /** Whether an object of this type is one of that: the same, a member, an implementation. */
  includes(condition: string, typename: string): boolean;
  /** An object type; not an interface, whose name is all that a subgraph with @interfaceObject can tell. */
  isConcrete(typename: string): boolean;
}

export function typesOf(schema: GraphQLSchema): Types {
  return {
    includes(condition, typename) {
      if (condition === typename) return true;
      const wanted = schema.getType(condition);
      const type = schema.getType(typename);
      return isAbstractType(wanted) && (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(wanted, type);
    },
    isConcrete: (typename) => isObjectType(schema.getType(typename)),
  };
}
