package signin

import "github.com/alexedwards/argon2id"

// OnHash has around called for every hash that s computes, by the calls that compute it.
func (s *Signin) OnHash(around func(compute func())) {
	check, create := s.hasher.check, s.hasher.create
	s.hasher.check = func(text, hash string) (right bool, made *argon2id.Params, err error) {
		around(func() { right, made, err = check(text, hash) })
		return right, made, err
	}
	s.hasher.create = func(text string, with *argon2id.Params) (hash string, err error) {
		around(func() { hash, err = create(text, with) })
		return hash, err
	}
}
