/**
 * `cloudcrop/timeline`: timelines of queries (`onTimeline`) as files that performance panels open.
 *
 * @module
 */
export type { SpanKind, Timeline, TimelineRequest, TimelineSpan } from "../core/timeline.js";
export {
  type Trace,
  type TraceMetadata,
  type TraceSpan,
  timelineToTrace,
} from "../trace/timeline-to-trace.js";
