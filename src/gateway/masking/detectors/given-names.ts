/**
 * Common given names of Europe and the Americas, and of India, China and the Arabic countries as they are written in Latin
 * letters. Far from all: enough to tell a column of names from one of products. Never a reason to mask.
 */
const given = new Set(
  `aaron abdul abdullah abigail adam adrian agnes agnieszka ahmed aisha alain alan albert alberto alejandro alessandro alex
  alexander alexandra alexandre alexis alfred ali alice alicia alina alison allison alma amanda amelia amina amir amit amy ana
  anastasia anders andre andrea andreas andrei andrew andrzej angela angelica anil anita anja ann anna anne annika anthony antoine
  anton antonio arjun arthur arun astrid aurelie austin ava axel barbara bart beata beatrice beatriz ben benjamin bernard bernd
  bernhard beth bianca bill birgit bjorn bob boris brandon brenda brian brigitte bruno bryan camila camille carl carla carlos carmen
  carol carolina caroline catherine cecilia celine charles charlotte chen chiara chris christian christina christine christoph
  christopher claire clara claude claudia claudio clement connor craig cristina cynthia daan dagmar damien daniel daniela
  daniele dariusz david deborah deepak denis dennis derek diana diane diego dieter dimitri dmitri dominik dominique donald donna
  dorothy douglas dylan eduardo edward ekaterina elena eleonora elisa elizabeth ella ellen emil emilia emily emma enrique eric
  erik erika ernesto esther eva evelyn fabian fabio fatima federica federico felipe felix fernanda fernando finn florian frances
  francesca francesco francisco franck francois frank franz fred frederic frederik friedrich gabriel gabriela gabriele gareth gary
  genevieve george georg gerald gerard gerhard gianluca gilles giorgio giovanni giulia giuseppe gloria gonzalo grace graham greg
  gregory grzegorz guillaume gunter gustavo guy hanna hannah hans harald harry hassan heather hector heidi heike heinz helen helena
  helene helga helmut henrik henry herbert hiroshi holger hugo ian ibrahim ida igor ines ingrid irene irina isaac isabel isabella
  isabelle ivan ivana jack jacob jacqueline jacques jakob jakub james jamie jan jane janet jasmin jason javier jean jeff jeffrey
  jelena jennifer jens jeremy jerome jesper jessica jesus jill jim joan joana joanna joao joe joel joerg johan johann johannes john
  jonas jonathan jordan jorge jose josef joseph joshua juan judith julia julian juliana julie julien jun jurgen justin justyna
  kamil karen karin karl karolina kasper katarina katarzyna kate katharina katherine kathleen kathryn katie katja kavita kayla
  keith kelly kenneth kerstin kevin khalid kim klaus krzysztof kumar kurt kyle lars laszlo laura lauren laurence laurent layla lea
  leah lena leo leon leonardo leonie li lieke liam lidia lilly lina linda lisa liu logan lorena lorenzo louis louise luc luca lucas lucia
  luciana lucie lucy luis luisa lukas lydia lynn maartje madison magda magdalena magnus mahmoud malgorzata manfred manon manuel
  manuela marc marcel marcela marcin marco marcos margaret margarita maria mariana marianne marie marina mario marion marek mark
  markus marta martha martin martina mary masha mateusz mathias mathieu mathilde matteo matthew matthias maurice mauricio max
  maxime maximilian megan mehmet melanie melissa mia michael michal michel michele michelle miguel mike milan mila mina ming mohamed
  mohammad mohammed monica monika morgan muhammad mustafa nadia nadine nancy natalia natalie natasha nathalie nathan nathaniel neha
  nicholas nick nicola nicolas nicole niels nikita nikolai nils nina noah noel noemi nora noor norbert oksana olaf ole oleg olga
  oliver olivia olivier omar oscar oskar pablo pamela paola paolo pascal patricia patrick patrik paul paula paulina paulo pavel pawel
  pedro per peter petra philip philipp philippe pierre pieter piotr priya rachel radek rafael rahul rainer rajesh ralf ramon raphael
  raquel ravi raymond rebecca regina renata rene ricardo riccardo richard rita robert roberta roberto robin rodrigo roger roland
  roman ronald rosa rosario roxana ruben rudolf ruth ryan sabine sabrina sally salvatore sam samantha samir samuel sandra sandeep
  sanjay santiago sara sarah sascha scott sean sebastian sem serena sergei sergio sharon shirley silvia simon simona simone sofia
  sofie sonia sonja sophia sophie stefan stefania stefano steffen stella stephan stephanie stephen steve steven sunita susan susanne
  suzanne sven svetlana sylvia sylvie tanja tatiana teresa theo theodor theresa thierry thomas thorsten tiago tim timothy tina tobias
  tom tomas tomasz torsten tyler ulrich ulrike ursula uwe valentina valeria valerie vanessa vera veronica victor victoria vijay viktor
  vincent vincenzo virginie viola vladimir walter wang wei werner wilhelm willem william wojciech wolfgang xavier yan yannick yasmin
  youssef yuki yusuf yvonne zhang zoe zofia zuzana`.split(/\s+/),
);

/** True when a text begins, or goes on after a comma, with a common given name: `Maartje de Jong`, `Jong, Maartje`. */
export function beginsWithGivenName(text: string): boolean {
  const words = /^\s*(\p{L}[\p{L}'’-]{1,30})(?:,\s*(\p{L}[\p{L}'’-]{1,30}))?/u.exec(text);
  return words !== null && [words[1], words[2]].some((word) => word !== undefined && given.has(plain(word)));
}

const plain = (word: string): string =>
  word.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replace(/-.*$/, '');
