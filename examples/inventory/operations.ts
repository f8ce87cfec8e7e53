/**
 * The operations of the inventory: what `adastra serve --operations` loads.
 */
export { createContainer, registerGood, removeContainer } from './containers.ts';
export { addStock, distributeStock, takeStock, transferStock } from './balances.ts';
export { addItem, moveItem, removeItem, swapItems } from './items.ts';
