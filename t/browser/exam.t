# 本次考试 in Chromium: which exams there are, those of now before those of
# years, and 45 positions looked for as one types.

use lib 't/lib';
use Civic::Test;

use Civic::Browser;
use Civic::Exam;

my $web = Civic::Browser->new(sandbox => 1, people => 1,
    plugins => [ 'exam', 'review' ], web => { next => 'exam.html' });
my $nginx = $web->civic->nginx;
my $folder = Civic::Process::folder();

my %past = map { $_ => Civic::Exam::window(-900 * 86400, -800 * 86400) }
    qw(registration review payment printing);

Civic::Exam::enter_old($web->civic->redis, 25);
for my $file (Civic::Exam::file(),
    Civic::Exam::file(exam_id => 'past', positions => Civic::Exam::positions(2),
        title => Civic::Exam::both('多年前的考试', 'Long ago'),
        windows => \%past),
    Civic::Exam::file(exam_id => 'next', positions => Civic::Exam::positions(1),
        title => Civic::Exam::both('下一次考试', 'Another one'),
        windows => { registration => Civic::Exam::window(86400, 2 * 86400),
            review => Civic::Exam::window(86400, 3 * 86400),
            payment => Civic::Exam::window(86400, 4 * 86400),
            printing => Civic::Exam::window(86400, 9 * 86400) }))
{
    my ($is, $said) = $nginx->civicctl('exam', 'load',
        Civic::Exam::write($folder, $file));
    is($is, 0, "the exam $file->{exam_id}") or diag($said);
}

$web->run('exam.js');
finish();
