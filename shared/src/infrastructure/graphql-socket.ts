import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Logger } from './logger.js';

/**
 * graphql-transport-ws on an HTTP server's upgrades, for the gateway and the subgraphs. graphql-ws speaks the protocol; its own `ws`
 * adapter is not used because that keeps one ping timer per socket and ends sockets with codes that make clients give up.
 */

export interface Connection {
  readonly request: IncomingMessage;
  close(code: number, reason: string): void;
}

export interface GraphQLSocketOptions {
  readonly protocol: ServerOptions<Record<string, unknown>, Connection>;
  readonly log: Logger;
  /** Origins of web pages that may connect; a client without an origin (a phone, a server) is not asked. All, unless told. */
  readonly allowOrigin?: (origin: string) => boolean;
  readonly maxPayload?: number;
  readonly pingEvery?: number;
}

export interface GraphQLSockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Asks every client to come back elsewhere (1012, which clients retry with backoff), then cuts who stays. */
  drain(patience?: number): Promise<void>;
}

/** The socket layer answers pings; a client that misses one whole round is gone, whatever its network says. */
const defaultPingEvery = 15_000;

export function graphqlSockets({
  protocol,
  log,
  allowOrigin,
  maxPayload = 512 * 1024,
  pingEvery = defaultPingEvery,
}: GraphQLSocketOptions): GraphQLSockets {
  const graphql = makeServer(protocol);
  // perMessageDeflate costs memory per socket and opens compression side channels.
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload, handleProtocols });
  const alive = new WeakSet<WebSocket>();

  const pings = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }, pingEvery);
  pings.unref();

  server.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    alive.add(socket);
    socket.on('pong', () => alive.add(socket));
    socket.on('error', (error) => log.debug({ err: error }, 'socket error'));
    const close = (code: number, reason: string) => {
      if (socket.readyState === socket.OPEN) socket.close(code, reason);
    };
    const closed = graphql.opened(
      {
        protocol: socket.protocol,
        // Awaiting the callback is the back-pressure: the next event is asked for when this one has left.
        send: (data) =>
          new Promise((resolve) => {
            // A write that fails is a client that has hung up, which is no error of ours: 'close' follows and ends its operations.
            if (socket.readyState === socket.OPEN) socket.send(data, () => resolve());
            else resolve();
          }),
        close: (code, reason) => close(code ?? CloseCode.InternalServerError, reason ?? ''),
        onMessage: (handle) => {
          socket.on('message', (data, isBinary) => {
            if (isBinary) return close(CloseCode.BadRequest, 'Send text messages');
            // Every failure of an operation is a message of its own; what comes here is a fault of ours or a send to a dying socket.
            handle(String(data)).catch((error: unknown) => {
              if (socket.readyState !== socket.OPEN) return;
              // graphql-ws throws on a message that only a server sends; that is the client's fault, not ours.
              if (error instanceof Error && error.message.startsWith('Unexpected message of type'))
                return close(CloseCode.BadRequest, 'Invalid message received');
              log.error({ err: error }, 'unexpected error on a socket');
              close(1013, 'Something went wrong on our side; connect again');
            });
          });
        },
      },
      { request, close },
    );
    socket.once('close', (code, reason) => {
      closed(code, String(reason)).catch((error: unknown) => log.error({ err: error }, 'a socket did not close cleanly'));
    });
  });

  return {
    upgrade(request, socket, head) {
      const { origin } = request.headers;
      if (allowOrigin && origin && !allowOrigin(origin)) {
        socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, socket, head, (opened) => server.emit('connection', opened, request));
    },
    async drain(patience = 1_000) {
      clearInterval(pings);
      for (const socket of server.clients) socket.close(1012, 'Service restart');
      const deadline = Date.now() + patience;
      while (server.clients.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}
