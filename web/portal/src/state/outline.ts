// A framework as a tree that can be searched: pure, and quick with the thousands of nodes that some have.
import { fold } from '@haubert/ui';
import type { FrameworkNode } from '../api/standing-types';

export interface Branch {
  node: FrameworkNode;
  below: Branch[];
  /** Measures below it, and itself. */
  measures: number;
}

/** A heading stands before what is below it. */
export function branchesOf(nodes: readonly FrameworkNode[]): Branch[] {
  const all = nodes.map((node): Branch => ({ node, below: [], measures: node.assessable ? 1 : 0 }));
  const roots: Branch[] = [];
  all.forEach((branch) => {
    const above = branch.node.parent === null ? undefined : all[branch.node.parent];
    (above?.below ?? roots).push(branch);
  });
  // From the end: what is below has been counted before what is above.
  for (let at = all.length - 1; at >= 0; at -= 1) {
    const branch = all[at];
    const above = branch?.node.parent == null ? undefined : all[branch.node.parent];
    if (branch && above) above.measures += branch.measures;
  }
  return roots;
}

/** Some frameworks give their measures no name, only what is asked. */
export function nodeTitle({ name, description, ref_id, urn }: Pick<FrameworkNode, 'name' | 'description' | 'ref_id' | 'urn'>): string {
  if (name !== '') return name;
  const first = description.split('\n', 1)[0] ?? '';
  if (first.length > 140) return `${first.slice(0, first.lastIndexOf(' ', 139))}…`;
  return first || (ref_id ?? urn);
}

export interface Found {
  node: FrameworkNode;
  /** The headings above it, from the outside in. */
  above: string[];
}

/** Looked up as one types: texts are folded once. */
export function finder(nodes: readonly FrameworkNode[]): (text: string) => FrameworkNode[] {
  let folded: string[] | null = null;
  return (text) => {
    const words = fold(text).split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    folded ??= nodes.map(({ ref_id, name, description }) => fold(`${ref_id ?? ''} ${name} ${description}`));
    return nodes.filter((_node, at) => words.every((word) => folded?.[at]?.includes(word)));
  };
}

export function above(nodes: readonly FrameworkNode[], node: FrameworkNode): string[] {
  const names = [];
  for (let up = node.parent === null ? undefined : nodes[node.parent]; up; up = up.parent === null ? undefined : nodes[up.parent]) names.unshift(nodeTitle(up));
  return names;
}
