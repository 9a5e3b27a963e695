/** The product's mark: one thing leads to two. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--k-accent)" />
      <g fill="none" stroke="#fff" strokeWidth="2.5" strokeLinecap="round" strokeLinejoin="round">
        <circle cx="9.5" cy="16" r="2.5" />
        <circle cx="22.5" cy="9.5" r="2.5" />
        <circle cx="22.5" cy="22.5" r="2.5" />
        <path d="M12 16h2.5c2 0 2-6.5 5.5-6.5M14.5 16c2 0 2 6.5 5.5 6.5" />
      </g>
    </svg>
  )
}
