/** Where dialogs and menus are mounted: inside the page, for its theme and styles. */
export const overlayRoot = () => document.querySelector<HTMLElement>(".qv") ?? document.body;
