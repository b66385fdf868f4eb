import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql';

/** What the supergraph knows of types, those that clients do not see included. */
export interface Types {
  /** Whether an object of this type is one of that: the same, a member, an implementation. */
  includes(condition: string, typename: string): boolean;
  /** An object type; not an interface, whose name is all that a subgraph with @interfaceObject can tell. */
  isConcrete(typename: string): boolean;
}

export function typesOf(supergraph: GraphQLSchema): Types {
  return {
    includes(condition, typename) {
      if (condition === typename) return true;
      const wanted = supergraph.getType(condition);
      const type = supergraph.getType(typename);
      return isAbstractType(wanted) && (isObjectType(type) || isInterfaceType(type)) && supergraph.isSubType(wanted, type);
    },
    isConcrete: (typename) => isObjectType(supergraph.getType(typename)),
  };
}
