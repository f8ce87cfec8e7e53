/**
 * The face of metadata: what this node says of itself, and what others said of themselves.
 */
export { checkMetadata, shownText } from './check-metadata.ts';
export {
  type LocalMetadata,
  type MetadataParts,
  type Moment,
  NodeDescription,
} from './node-metadata.ts';
