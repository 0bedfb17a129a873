import { isComplete, openedSocket } from "./load.ts";

export interface Reply {
  readonly text: string;
  /** When its last byte came in. */
  readonly at: number;
}

/** One kept-alive connection, one request at a time. */
export interface Connection {
  send(request: string): Promise<Reply>;
  close(): void;
}

export const openConnection = async (port: number): Promise<Connection> => {
  const socket = await openedSocket(port);
  let text = "";
  let waiting = Promise.withResolvers<Reply>();
  waiting.promise.catch(() => undefined);
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
    if (!isComplete(text)) return;
    waiting.resolve({ text, at: performance.now() });
    text = "";
  });
  socket.on("close", () => waiting.reject(new Error("the server closed a connection")));
  socket.on("error", (error) => waiting.reject(error));
  return {
    send: (request) => {
      waiting = Promise.withResolvers<Reply>();
      socket.write(request, "latin1");
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
};

export const bodyOf = ({ text }: Reply): unknown => {
  const body = text.slice(text.indexOf("\r\n\r\n") + 4);
  return body === "" ? undefined : JSON.parse(body);
};
