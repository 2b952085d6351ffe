// Package sketch holds summaries of long streams that take little memory, state their error and merge: moments, quantiles,
// frequent values, distinct values. It does no I/O and knows no table. A summary of two streams is the merge of their two
// summaries, exactly (moments, up to rounding) or within the stated error.
//
// Nothing here draws random numbers: the same values in the same order give the same summary, bit for bit.
package sketch

// mix spreads the bits of x over all bits of the answer: the finalizer of SplitMix64 (Steele, Lea & Flood 2014).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
