package handlers

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"tuanbot/domain"
)

// maxSheets is how many deals' sheets are remembered; beyond it those of some deals are forgotten, which costs a reading.
const maxSheets = 1024

// sheets remembers of each chain how it stood after the last turn that this process carried. A sheet is good while the deal's
// row has the version that the turn wrote, whoever else may change it; that is asked every time.
type sheets struct {
	mu     sync.Mutex
	byCode map[string]domain.DealSheet
	codes  map[domain.DealID]string
}

// codeOf is the code of a deal that may be remembered.
func (s *sheets) codeOf(id domain.DealID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.codes[id]
}

// keep remembers how a book's deal stands after its commit. A team deal shows its newest teams, which a turn need not know.
func (s *sheets) keep(b *domain.Book) {
	teams := b.Teams()
	sheet := domain.DealSheet{Deal: b.Deal().Record()}
	if sheet.Deal.Terms.Kind != domain.KindChain || len(teams) != 1 {
		return
	}
	sheet.Teams = []domain.TeamRecord{teams[0].Record()}
	for _, it := range b.Items() {
		sheet.Items = append(sheet.Items, it.Record())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byCode == nil || len(s.byCode) >= maxSheets {
		s.byCode, s.codes = map[string]domain.DealSheet{}, map[domain.DealID]string{}
	}
	s.codes[sheet.Deal.ID] = sheet.Deal.Code
	s.byCode[sheet.Deal.Code] = sheet
}

func (s *sheets) find(code string) (domain.DealSheet, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sheet, ok := s.byCode[code]
	return sheet, ok
}

// believe returns what is remembered of a deal if that is how its row stands. What is older is forgotten.
func (s *sheets) believe(code string, m domain.DealMark) (domain.DealSheet, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sheet, ok := s.byCode[code]
	if !ok || sheet.Deal.ID != m.Deal || sheet.Deal.Version != m.Version {
		if ok && sheet.Deal.Version < m.Version {
			delete(s.byCode, code)
			delete(s.codes, sheet.Deal.ID)
		}
		return domain.DealSheet{}, false
	}
	sheet.Chats = m.Chats // who leads where and which card is there may change without a turn
	return sheet, true
}

// remembered is the sheet of a deal if it is remembered and still so.
func (d *Desk) remembered(ctx context.Context, code string) (domain.DealSheet, bool, error) {
	if _, known := d.sheets.find(code); !known {
		return domain.DealSheet{}, false, nil
	}
	mark, found, err := d.crowd.marks.get(ctx, code)
	if err != nil || !found {
		return domain.DealSheet{}, false, err
	}
	sheet, ok := d.sheets.believe(code, mark)
	return sheet, ok, nil
}

// Deal is a deal with all that is shown of it.
func (d *Desk) Deal(ctx context.Context, id domain.DealID) (domain.DealSheet, error) {
	s, ok, err := d.remembered(ctx, d.sheets.codeOf(id))
	if err != nil {
		return s, fmt.Errorf("deal %s: %w", id, err)
	}
	if !ok {
		s, err = d.crowd.byID.get(ctx, id)
	}
	return ownSheet(s), err
}

// DealByCode is a deal by the code that people type.
func (d *Desk) DealByCode(ctx context.Context, code string) (domain.DealSheet, error) {
	s, ok, err := d.remembered(ctx, code)
	if err != nil {
		return s, fmt.Errorf("deal by code: %w", err)
	}
	if !ok {
		s, err = d.crowd.byCode.get(ctx, code)
	}
	return ownSheet(s), err
}

// ownSheet gives a caller lists of their own: others got the same sheet.
func ownSheet(s domain.DealSheet) domain.DealSheet {
	s.Items, s.Teams, s.Chats = slices.Clone(s.Items), slices.Clone(s.Teams), slices.Clone(s.Chats)
	return s
}
