/** What each page is given: the last part of its address, such as a plan's id; empty where it has none. */
export interface PageProps {
  parameter: string;
}
