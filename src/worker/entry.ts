/**
 * What runs in a worker: requests and tasks behind comlink, in a browser's worker or a Node worker thread.
 *
 * @module
 */
import { expose } from "comlink";
import { HeldBodies } from "./held.js";
import { nodeEndpoint, nodeThreads } from "./node.js";
import { createWorkerApi } from "./worker-api.js";

/** In Node the parent speaks through `worker_threads`; in a browser comlink finds the worker's own scope. */
const parentPort = nodeThreads()?.parentPort;

expose(createWorkerApi(new HeldBodies()), parentPort ? nodeEndpoint(parentPort) : undefined);
