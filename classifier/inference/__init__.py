"""The detector without a web framework: bytes in, an explained verdict out."""
