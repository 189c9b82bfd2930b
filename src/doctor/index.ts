export { diagnose, forPeople, historyForPeople } from './diagnose.js';
export { Doctor, type DoctorInputs, type Examination } from './doctor.js';
export type { DeliveryFacts, HalfFacts, HistoryEntry, PeerFacts, ShareFacts } from './findings/facts.js';
export type { Finding, Grade } from './findings/finding.js';
export { Journal, type JournalEntry, type JournalPage, type JournalQuestion } from './journal.js';
