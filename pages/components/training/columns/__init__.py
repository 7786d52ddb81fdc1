"""The list of columns on the Train page: what each is used for, its type and distribution."""
