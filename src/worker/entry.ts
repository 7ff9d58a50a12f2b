/**
 * What runs in a worker: requests and tasks as the page calls for them, in a browser's worker or a Node worker thread.
 *
 * @module
 */
import { portOf } from "./bundles.js";
import { answerCalls } from "./calls.js";
import { HeldBodies } from "./held.js";
import { nodePort, nodeThreads } from "./node.js";
import { createWorkerApi } from "./worker-api.js";

/** In Node the parent speaks through `worker_threads`, in a browser to the worker's own scope. */
const parentPort = nodeThreads()?.parentPort;
const port = parentPort ? nodePort(parentPort) : portOf(globalThis as unknown as Worker);
const held = new HeldBodies();

answerCalls(createWorkerApi(held), port, () => held.reading > 0);
