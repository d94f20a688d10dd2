import { describe, expect, it } from 'vitest';
import type { FrameworkNode } from '../api/standing-types';
import { above, branchesOf, finder, nodeTitle } from './outline';

const node = (ref: string, parent: number | null, rest: Partial<FrameworkNode> = {}): FrameworkNode => ({
  urn: `urn:${ref}`, ref_id: ref, name: '', description: '', annotation: '', typical_evidence: '', assessable: true, parent, depth: 1, groups: [], importance: 'recommended', weight: 1, questions: [], ...rest,
});
const nodes = [node('A', null, { name: 'Accès', assessable: false }), node('A.1', 0, { name: 'Comptes', assessable: false }), node('A.1.1', 1, { description: 'Each person has an account.' }), node('A.2', 0, { name: 'Réseau' })];

describe('a framework as a tree', () => {
  it('hangs measures below their headings and counts them', () => {
    const [root] = branchesOf(nodes);
    expect([root?.measures, root?.below.map(({ node: { ref_id }, measures }) => [ref_id, measures])]).toEqual([2, [['A.1', 1], ['A.2', 1]]]);
    expect(above(nodes, nodes[2]!)).toEqual(['Accès', 'Comptes']);
  });

  it('calls by its text what has no name', () => {
    expect(nodes.map(nodeTitle)).toEqual(['Accès', 'Comptes', 'Each person has an account.', 'Réseau']);
    expect(nodeTitle(node('x', null, { description: 'word '.repeat(60) }))).toMatch(/^.{130,140}…$/);
    expect(nodeTitle(node('x', null))).toBe('x');
  });

  it('finds words without accents', () => {
    const find = finder(nodes);
    expect(find('reseau').map(({ ref_id }) => ref_id)).toEqual(['A.2']);
    expect(find('a.1 account').map(({ ref_id }) => ref_id)).toEqual(['A.1.1']);
    expect(find('  ')).toEqual([]);
  });

  it('looks through 5,800 nodes within a blink', () => {
    const many = Array.from({ length: 5800 }, (_, at) => node(`N.${at}`, null, { description: `Contrôle ${at} ${'équipement réseau '.repeat(12)}` }));
    const find = finder(many);
    find('warm');
    const begun = performance.now();
    expect(find('reseau 577')).toHaveLength(16);
    expect(performance.now() - begun).toBeLessThan(100);
  });
});
