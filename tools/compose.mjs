// Subgraphs in, supergraph and public API out. No files here: `npm run schema` writes them, the gateway's tests compose their own.
import { composeServices } from '@apollo/composition';
import { Supergraph } from '@apollo/federation-internals';
import { lexicographicSortSchema, parse, printSchema } from 'graphql';

/**
 * @param {{ name: string, sdl: string }[]} subgraphs
 * @returns {{ supergraph: string, api: string }}
 */
export function composeSupergraph(subgraphs) {
  const services = [...subgraphs]
    .sort((one, other) => one.name.localeCompare(other.name))
    // A name that no network resolves: each gateway maps it to its own address by SUBGRAPH_URL_<CONTEXT>.
    .map(({ name, sdl }) => ({ name, url: `http://${name}`, typeDefs: parse(sdl) }));
  const { supergraphSdl, errors } = composeServices(services);
  if (errors) throw new CompositionError(errors);
  return {
    // @apollo/gateway refuses to load a supergraph that asks it for SECURITY; without that word it loads, and enforces nothing: each
    // context enforces its own rules where the data is.
    supergraph: `${supergraphSdl.replaceAll(', for: SECURITY', '').trimEnd()}\n`,
    api: `${printSchema(lexicographicSortSchema(Supergraph.build(supergraphSdl).apiSchema().toGraphQLJSSchema()))}\n`,
  };
}

export class CompositionError extends Error {
  constructor(errors) {
    super(`The subgraphs do not compose:\n${errors.map(({ message }) => `  ${message.replaceAll('\n', '\n  ')}`).join('\n')}`);
  }
}
